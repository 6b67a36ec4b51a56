"""English words of geometry problems: the word (by its Chinese form) → its spellings, apart by bars.

In: nothing. Out: `SPELLINGS`. A longer spelling is tried before a shorter one that begins it. The word "" is filler.
"""

from typing import Final

SPELLINGS: Final = {
    "": "the|a|an|as shown in the figure|in the figure|as shown in the diagram|in the diagram|shown|figure|"
    "and there is|it is also|given|respectively|points|point|both|also|connected|drawn|let|it is measured that|"
    "it is also measured that|we have|there is|there are|by|measured|suppose|all|two|three|four|five|side|sides|"
    "segment|segments|line segment|measure|length|degrees|two points|three points|four points|a point|any point|its|"
    "which|, which|has|have|that|for|following|diagram|so|again|acute|obtuse|scalene|acute-angled|obtuse-angled|"
    "external point|in that order|in this order|in order|in length|long|as long as|as large as|as big as|"
    "the measure of|measure of|measures of|the length of|length of|lengths of|the size of|size of|internal|interior|"
    "each|then the|given point|distinct|taken|chosen|marked|adjacent|consecutive|circumference of|"
    "the circumference of|under|dropped|adjoining|non-parallel|vertical|vector|any|transversal|ground|wall|ladder|"
    "tree|pole|tower|building|common|opposite|one|moving point|known|it is known that|arm|arms|leg|legs|"
    "vertex angle|directly|their|crossbar|edge|edges|waist",
    "之": "of",
    "往": "to",
    "自": "from",
    "随": "with",
    "经": "by",
    "由": "through",
    "越": "beyond|past",
    "间": "between|lies between|lie between|lying between",
    "它": "it|them",
    "共圆": "cyclic|concyclic",
    "总": "sum",
    "不": "not|does not|do not",
    "分": "divides|divide",
    "底": "base|bases",
    "是": "is|are|be|becomes|being|as|as the|as a",
    "在": "lies|lie|located",
    "上": "on|on line|on segment|on ray",
    "位": "lies on|lie on|lying on|are on|is on|lies on segment|lie on segments",
    "于": "at|at point|at points|in point",
    "中": "in|inside|inside of|within",
    "外": "outside|exterior to",
    "和": "and",
    ";": "if|whose|, whose|such that|so that|where|while|when|, with|join|connect|given that|in which|but|since|"
    "because|knowing that",
    "将": "rotate|fold up",
    "交": "they intersect|they meet|intersect|intersects|intersecting|meeting|meets|meet|cuts|cut|cross|crosses|met|"
    "intersected|cutting",
    "交点": "point of intersection|intersection point|intersection",
    "平分": "bisects|bisect|bisecting|bisected",
    "平分线": "angle bisector|bisector|angle bisectors|bisectors|angular bisector|internal bisector|"
    "internal bisectors|internal angle bisector",
    "外角": "exterior angle|exterior angles|external angle|external angles",
    "垂直平分": "perpendicularly bisects|perpendicular bisects",
    "垂直平分线": "perpendicular bisector|perpendicular bisectors|the perpendicular bisector|"
    "the perpendicular bisectors",
    "中点": "midpoint|midpoints|mid-point|mid-points|mid point|mid points|middle point",
    "斜边": "hypotenuse",
    "垂足": "foot|feet|foot of perpendicular|perpendicular foot",
    "垂线": "the perpendicular|a perpendicular|the perpendiculars|perpendiculars|perpendicular line|"
    "the perpendicular line",
    "切点": "point of contact|points of contact|point of tangency|points of tangency|tangent point|tangent points",
    "切线": "tangent line|tangent lines|tangents|tangent|the tangent|a tangent|a tangent line to|the tangent to|"
    "a tangent to|tangents to|the tangents to|the tangent line to",
    "公切线": "common tangent|common tangents|the common tangent|a common tangent|common external tangent|"
    "common internal tangent|direct common tangent|external common tangent|internal common tangent|"
    "transverse common tangent",
    "切": "is tangent to|are tangent to|tangent to|touches|touch|touching",
    "割线": "secant|secants",
    "外切": "touch externally|externally tangent|tangent externally|touch each other externally|circumscribed about|"
    "circumscribed around|is circumscribed about|circumscribed to",
    "内切": "touch internally|internally tangent|tangent internally|touch each other internally",
    "外接": "circumscribes",
    "直径": "diameter|diameters",
    "半径": "radius|radii",
    "弦": "chord|chords",
    "半圆": "semicircle|semi-circle",
    "圆": "circle|circles|circumference",
    "大圆": "larger circle|bigger circle|outer circle|large circle",
    "小圆": "smaller circle|inner circle|small circle",
    "同心圆": "concentric circles",
    "圆心": "center|centre|centers|centres",
    "夹角": "angle between|included angle|angle|angles",
    "圆心角": "central angle",
    "圆周角": "inscribed angle|circumferential angle|angle of circumference",
    "扇形": "sector",
    "弧": "arc|arcs|minor arc",
    "优弧": "major arc",
    "延长线": "extended line|extension|extensions",
    "延长": "extend|extended|produce|produced|prolong|prolonged|extending|producing",
    "高": "altitude|altitudes|height|heights",
    "中线": "median|medians",
    "中位线": "midline|midsegment",
    "对角线": "diagonal|diagonals",
    "直线": "line|lines|straight line|straight lines",
    "射线": "ray|rays",
    "边长": "side length",
    "顶点": "vertex|vertices",
    "内接": "inscribed in|is inscribed in|inscribed|inscribed at|is inscribed|are inscribed in",
    "外接圆": "circumcircle|circumscribed circle",
    "内切圆": "incircle|inscribed circle|in-circle",
    "内心": "incenter|incentre|centre of the inscribed circle|center of the inscribed circle|centre of the incircle|"
    "center of the incircle",
    "外心": "circumcenter|circumcentre|centre of the circumscribed circle|center of the circumscribed circle|"
    "centre of the circumcircle|center of the circumcircle",
    "重心": "centroid",
    "周长": "perimeter",
    "面积": "area",
    "距离": "distance|distance between|distances between",
    "绕": "about|around",
    "旋转": "rotate|rotated|rotation|rotating",
    "顺": "clockwise",
    "逆": "counterclockwise|anticlockwise",
    "得": "to obtain|obtain|obtained|to get|yielding|to become|to form|forming|to give|giving|onto|to produce|"
    "maps to|goes to|moves to|go to|is mapped to",
    "沿": "along",
    "折": "fold|folded|folding",
    "平移": "translate|translated|translation",
    "折痕": "crease",
    "落": "falls|lands|fall",
    "重合": "coincide|coincides|coincide with|coincides with",
    "对称": "symmetric|reflect|reflected|reflection",
    "对应点": "image|the image|corresponds|corresponding point",
    "过": "draw through|passes through|passing through|crossing|pass through",
    "作": "draw",
    "相等": "equal",
    "互补": "supplementary",
    "互余": "complementary",
    "同侧": "the same side of|same side of|same side|on the same side of",
    "上方": "above",
    "共线": "a line|collinear|a straight line|the same line|the same straight line",
    "互相": "each other|one another",
    "平行四边形": "parallelogram|parallelograms|parallel quadrilateral|□",
    "正方形": "square|squares",
    "矩形": "rectangle|rectangular sheet of paper|rectangular piece of paper|rectangles|rectangular paper|"
    "rectangular sheet",
    "菱形": "rhombus|rhombuses|rhombi|diamond",
    "梯形": "trapezoid|trapezoids|trapeziums|trapezium",
    "筝形": "kite",
    "等腰梯形": "isosceles trapezoid",
    "直角梯形": "right trapezoid",
    "四边形": "quadrilateral|quadrilaterals",
    "多边形": "pentagon|hexagon|polygon|octagon",
    "正多边形": "regular pentagon|regular hexagon|regular octagon|regular polygon",
    "等边三角形": "equilateral triangle|equilateral triangles|equilateral",
    "等腰三角形": "isosceles triangle|isosceles triangles|isosceles",
    "直角三角形": "right triangle|right triangles|right-angled triangle|Rt△|Rt triangle|RT triangle|Rttriangle|"
    "rt triangle",
    "等腰直角三角形": "isosceles right triangle|right isosceles triangle",
    "三角形": "triangle|triangles|△",
    "直角": "right angle|right-angled|right angled",
    "倍": "times",
    "比": "ratio|in the ratio|in a ratio|ratio of|in the ratio of",
    "多": "longer than|larger than|bigger than|greater than|more than",
    "少": "shorter than|less than|smaller than",
    "关于": "across|over|with respect to",
    "∥": "∥|parallel to|parallel|is parallel to|are parallel to",
    "⊥": "⊥|perpendicular to|perpendicular|is perpendicular to|are perpendicular to|intersect perpendicularly|"
    "at right angles|at right angles to|at right angles with|is at right angles to|are at right angles to|"
    "are perpendicular to each other|perpendicular to each other",
    "=": "=|equals|equal to|is equal to|has length|has a length of|has measure|has a measure of|has length of|"
    "measures|of length",
    "≌": "≌|congruent|is congruent|are congruent|congruent to|is congruent to",
    "∽": "∽|~|similar|are similar|similar to|is similar to",
    "?": "then|find|what|determine|calculate|how|prove|show that|complete the proof|compute|solve|work out|"
    "write down|state|deduce|hence|explain why",
}
