"""`make torture`: proof that nothing is lost and nothing sent twice, by processes that are really killed."""
