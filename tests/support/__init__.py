"""What tests share: servers, runs, rows, data beside the repository."""
