using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>The published contract of the whole service; its pages for people are no part of it.</summary>
public sealed class OpenApiTests(RunningService service) : IClassFixture<RunningService>
{
    private readonly ServiceClient client = service.Client;

    [Fact]
    public async Task Get_Document_DescribesEveryMappedRoute()
    {
        var document = (await client.Get("/openapi/v1.json")).Json;
        Assert.Equal("3.1.0", document.GetProperty("openapi").GetString());
        var routes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(route => route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods, (route, method) => (route.RoutePattern.RawText, Method: method))
            // The Orleans Dashboard is not part of the contract, and the Model Context Protocol describes itself.
            .Where(static route => route.RawText != Mcp.McpRoutes.Path)
            .Where(route => route.Method != "HEAD" && !Pages.ConsoleServingTests.Addresses.Contains(route.RawText) && !route.RawText!.StartsWith("/dashboard", StringComparison.Ordinal))
            .ToArray();
        Assert.NotEmpty(routes);
        foreach (var (path, method) in routes)
        {
            Assert.True(
                document.GetProperty("paths").TryGetProperty(path!.Replace("{**", "{", StringComparison.Ordinal), out var described)
                && described.TryGetProperty(method.ToLowerInvariant(), out _),
                $"{method} {path} is not described");
        }
    }

    [Fact]
    public async Task Get_Document_RefersOnlyToWhatItDefines()
    {
        var document = (await client.Get("/openapi/v1.json")).Json;
        var schemas = document.GetProperty("components").GetProperty("schemas");
        foreach (var reference in References(document))
            Assert.True(schemas.TryGetProperty(reference["#/components/schemas/".Length..], out _), reference);
        var ids = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Select(operation => operation.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public async Task Get_Document_NamesAndDescribesEveryCall()
    {
        foreach (var operation in await Operations())
        {
            Assert.Matches("^[a-z][A-Za-z0-9]*$", operation.GetProperty("operationId").GetString());
            var meanings = operation.GetProperty("parameters").EnumerateArray()
                .Where(parameter => parameter.GetProperty("in").GetString() == "path")
                .Select(parameter => parameter.GetProperty("description").GetString()!).ToArray();
            Assert.All(meanings, meaning => Assert.Matches(
                "^The (task|batch|artifact|operation|job|node|queue|schedule|workflow|rollout|key|session|webhook|delivery|attempt|grain|silo|file|calendar|definition|trigger|notification)'s ", meaning));
            Assert.Equal(meanings.Length, meanings.Distinct().Count());
        }
    }

    // What generators of clients cannot read, or read wrongly: make clients-test shows it.
    [Fact]
    public async Task Get_Document_IsReadableForGenerators()
    {
        var document = (await client.Get("/openapi/v1.json")).Json;
        var schemas = Objects(document.GetProperty("components").GetProperty("schemas")).ToArray();
        foreach (var schema in schemas.Where(static schema => schema.TryGetProperty("type", out var type)
            && (type.ValueKind == JsonValueKind.Array ? type[0].GetString() : type.ToString()) == "integer"))
        {
            // Otherwise Go and Java take 32 bits.
            Assert.True(schema.TryGetProperty("format", out var format) && format.GetString() == "int64"
                || schema.TryGetProperty("maximum", out var most) && most.GetInt64() <= int.MaxValue, $"not of 64 bits and unbounded: {schema}");
        }

        Assert.All(schemas.Where(static schema => schema.TryGetProperty("oneOf", out _)), static schema =>
            Assert.All(schema.GetProperty("oneOf").EnumerateArray(), one => Assert.True(
                one.TryGetProperty("type", out _) || one.TryGetProperty("$ref", out _), $"a rule, not a type: {schema}")));
        // A generated type X has a constructor NewX.
        Assert.DoesNotContain(
            document.GetProperty("components").GetProperty("schemas").EnumerateObject(), schema => schema.Name.StartsWith("New", StringComparison.Ordinal));
        foreach (var operation in await Operations())
        {
            var answers = operation.GetProperty("responses").EnumerateObject().Where(static answer => answer.Name[0] == '2')
                .SelectMany(static answer => answer.Value.TryGetProperty("content", out var content) ? content.EnumerateObject() : default);
            Assert.All(answers, answer => Assert.True(
                answer.Name == "application/json" || answer.Value.TryGetProperty("schema", out _),
                $"{operation.GetProperty("operationId")} does not describe its {answer.Name}"));
        }
    }

    [Fact]
    public async Task Get_Document_AsksForAKeyWhereItListsItsRefusals()
    {
        foreach (var operation in await Operations())
        {
            // Deliveries to triggers are signed instead.
            if (operation.GetProperty("operationId").GetString() == "deliverToTrigger")
                continue;
            var asks = operation.GetProperty("security").GetArrayLength() > 0;
            foreach (var status in new[] { "401", "403" })
                Assert.True(asks == operation.GetProperty("responses").TryGetProperty(status, out _),
                    $"{operation.GetProperty("operationId")} and {status}");
        }
    }

    [Fact]
    public async Task Get_Document_ListsWhatEveryCallOfAKindMayAnswer()
    {
        foreach (var operation in await Operations())
        {
            string[] expected = ["400", "406", "431", "500"];
            if (operation.TryGetProperty("requestBody", out _))
                expected = [.. expected, "408", "413", "415"];
            if (operation.GetProperty("parameters").EnumerateArray().Any(parameter => parameter.GetProperty("name").GetString() == "Range"))
                expected = [.. expected, "206", "416"];
            foreach (var status in expected)
                Assert.True(operation.GetProperty("responses").TryGetProperty(status, out _),
                    $"{operation.GetProperty("operationId")} does not list {status}");
        }
    }

    [Theory]
    [InlineData("POST", "/api/v1/tasks/{id}/cancel")]
    [InlineData("POST", "/api/v1/jobs/{id}/close")]
    [InlineData("DELETE", "/api/v1/nodes/{id}")]
    public async Task CallWithoutABody_GetsOne_IsRefusedAsTheDocumentSays(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{id}", "00000000-0000-7000-8000-000000000001"))
        {
            Content = new ByteArrayContent("x"u8.ToArray()),
        };

        using var response = await client.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(415, (int)response.StatusCode);
        var described = (await client.Get("/openapi/v1.json")).Json.GetProperty("paths").GetProperty(path)
            .GetProperty(method.ToLowerInvariant()).GetProperty("responses");
        Assert.True(described.TryGetProperty("413", out _) && described.TryGetProperty("415", out _));
    }

    private async Task<JsonElement[]> Operations() =>
    [
        .. (await client.Get("/openapi/v1.json")).Json.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value),
    ];

    private static IEnumerable<JsonElement> Objects(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object =>
            [json, .. json.EnumerateObject().Where(static field => !field.NameEquals("examples")).SelectMany(static field => Objects(field.Value))],
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Objects),
        _ => [],
    };

    private static IEnumerable<string> References(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(field =>
            field.NameEquals("$ref") ? [field.Value.GetString()!] : References(field.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
