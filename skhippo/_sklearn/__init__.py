"""What all estimators share: how they read `X`, their tags, links and delegation."""
