"""Deploy the grader as a Lambda function of your account, and remove it, by AWS CloudFormation.

The resources are described once, in `deploy/template.yaml`. This folder turns options into parameters of that template
(`options`), applies it by a change set (`stack`), and does what CloudFormation cannot: it builds and pushes the image
(`image`), refuses names that are somebody else's (`names`), and invokes the function once (`warm_up`).
"""
