"""The expanded template loses nothing on its way into the emulator."""

import string

import pytest

from local.emulation.sam_template import fit_for_emulator

INTEGRATION = {
    "type": "aws_proxy",
    "httpMethod": "POST",
    "uri": {"Fn::Sub": "arn:${Hello.Arn}"},
    "payloadFormatVersion": "2.0",
}


def with_resource(kind, **properties):
    return {"Resources": {"Thing": {"Type": kind, "Properties": properties}}}


def fitted_properties(kind, **properties):
    return fit_for_emulator(with_resource(kind, **properties))["Resources"]["Thing"]["Properties"]


@pytest.mark.parametrize(
    ("path", "method", "route_key"),
    [
        pytest.param("/things/{id}", "get", "GET /things/{id}", id="a_method_is_written_large"),
        pytest.param(
            "/v1/{proxy+}",
            "x-amazon-apigateway-any-method",
            "ANY /v1/{proxy+}",
            id="any_method_has_a_name_of_its_own",
        ),
        pytest.param(
            "/$default",
            "x-amazon-apigateway-any-method",
            "$default",
            id="the_default_has_no_method",
        ),
    ],
)
def test_each_operation_of_an_api_body_becomes_a_route(path, method, route_key):
    """SAM writes routes into the body, which the emulator ignores."""
    body = {"paths": {path: {method: {"x-amazon-apigateway-integration": INTEGRATION}}}}

    resources = fit_for_emulator(with_resource("AWS::ApiGatewayV2::Api", Body=body))["Resources"]

    routes = [r for r in resources.values() if r["Type"] == "AWS::ApiGatewayV2::Route"]
    assert [route_key] == [route["Properties"]["RouteKey"] for route in routes]
    target = routes[0]["Properties"]["Target"]["Fn::Sub"]
    integration = resources[target.removeprefix("integrations/${").removesuffix("}")]
    assert integration["Properties"]["IntegrationUri"] == INTEGRATION["uri"]
    assert integration["Properties"]["IntegrationType"] == "AWS_PROXY"


def test_an_operation_without_integration_becomes_no_route():
    """SAM adds operations for OPTIONS that nothing answers."""
    body = {"paths": {"/a": {"options": {"responses": {}}}}}

    resources = fit_for_emulator(with_resource("AWS::ApiGatewayV2::Api", Body=body))["Resources"]

    assert list(resources) == ["Thing"]


def test_cors_keys_are_written_as_the_data_plane_reads_them():
    """CloudFormation writes AllowOrigins, the emulator's answers look for allowOrigins."""
    cors = {"AllowOrigins": ["https://app.example.com"], "MaxAge": 5}

    properties = fitted_properties(
        "AWS::ApiGatewayV2::Api", Body={"paths": {}}, CorsConfiguration=cors
    )

    assert properties["CorsConfiguration"] == {
        "allowOrigins": ["https://app.example.com"],
        "maxAge": 5,
    }


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        pytest.param({"Ref": "Secret"}, {"Fn::GetAtt": ["Secret", "Id"]}, id="ref_gives_the_arn"),
        pytest.param(
            {"Fn::Sub": "x-${Secret}-${Other}"},
            {"Fn::Sub": "x-${Secret.Id}-${Other}"},
            id="sub_gives_the_arn",
        ),
        pytest.param({"Ref": "Other"}, {"Ref": "Other"}, id="other_references_stay"),
    ],
)
def test_references_to_a_secret_give_its_arn(reference, expected):
    """The emulator's Ref of a secret is a name, on AWS it is the ARN."""
    template = {
        "Resources": {
            "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {}},
            "User": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": [reference]}},
        },
        "Outputs": {"Arn": {"Value": reference}},
    }

    fitted = fit_for_emulator(template)

    assert fitted["Resources"]["User"]["Properties"]["Environment"] == [expected]
    assert fitted["Outputs"]["Arn"]["Value"] == expected


def test_a_secret_without_punctuation_names_what_it_leaves_out():
    """The emulator would put quotes and blanks into a key that travels in a header."""
    wanted = {"PasswordLength": 48, "ExcludePunctuation": True, "ExcludeCharacters": "l"}

    properties = fitted_properties("AWS::SecretsManager::Secret", GenerateSecretString=wanted)

    assert properties["GenerateSecretString"] == {
        "PasswordLength": 48,
        "ExcludeCharacters": "l" + string.punctuation,
    }


def test_gradual_deployment_is_dropped_with_everything_that_points_to_it():
    """The emulator refuses a whole template for one CodeDeploy resource."""
    template = {
        "Resources": {
            "App": {"Type": "AWS::CodeDeploy::Application"},
            "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup"},
            "Alias": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {},
                "DependsOn": ["Group", "Role"],
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"ApplicationName": "App"}},
            },
            "Hook": {"Type": "AWS::Lambda::Permission", "Properties": {}, "DependsOn": "Group"},
        }
    }

    resources = fit_for_emulator(template)["Resources"]

    assert resources == {
        "Alias": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {},
            "DependsOn": ["Role"],
            "UpdatePolicy": {},
        },
        "Hook": {"Type": "AWS::Lambda::Permission", "Properties": {}},
    }


def test_python_functions_run_through_a_bootstrap():
    """AWS's runtime client runs them, with the layer on its path instead of unpacked."""
    properties = fitted_properties("AWS::Lambda::Function", Runtime="python3.13", Layers=["a"])

    assert properties == {"Runtime": "provided.al2023"}


def test_the_given_template_stays_as_it_was():
    """A change set reads the same template again."""
    template = with_resource("AWS::Lambda::Function", Runtime="python3.13")

    fit_for_emulator(template)

    assert template == with_resource("AWS::Lambda::Function", Runtime="python3.13")
