"""What a folder of results holds → one HTML file that needs nothing else: no network, no fonts, no other file.

In: a folder. Out: pieces of HTML. `gather` reads it; what the page is made of is `PageContent`.

    content     what goes in
    rows        the folder's best rows, one after another
    choice      which problems the table shows where there are more than it holds
    figures     numbers → totals and histograms
    pictures    parses → their figures, by every core
    runs        the events of a run → what its timeline shows
    drawing     a picture → what the page may draw of it
    pack        rows → compact columns; what is looked at one at a time in compressed chunks
    page        templates and data → the page, and why nothing in the data can become markup or script
    templates/  the page itself: HTML, CSS, and what draws it in the browser
"""

from asyncgeo.views.report.content import LoggedRun, PageContent, PageEntry
from asyncgeo.views.report.page import render

__all__ = ["LoggedRun", "PageContent", "PageEntry", "render"]
