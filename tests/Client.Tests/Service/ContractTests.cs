using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Client.Tests.Service;

public sealed class ContractTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public async Task OpenApi_OfTheWholeService_DescribesEveryRouteButThePage()
    {
        var document = (await service.Client.Get("/openapi/v1.json")).Json;
        var described = document.GetProperty("paths");
        var routes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(route => route.RoutePattern.RawText!).Distinct().ToArray();
        Assert.Contains("/", routes);
        Assert.Equal(["/"], routes.Where(route => !described.TryGetProperty(route, out _)));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.All(References(document), reference => Assert.True(schemas.TryGetProperty(reference.Split('/')[^1], out _), reference));
    }

    [Fact]
    public async Task Cluster_SaysEngineStoreAndVersions()
    {
        await service.Client.Get("/api/v1/tasks");
        var cluster = (await service.Client.Get("/api/v1/cluster")).Json;
        Assert.Contains(cluster.GetProperty("engine").GetString(), (string[])["Orleans", "Embedded"]);
        Assert.Equal("Active", cluster.GetProperty("silos")[0].GetProperty("state").GetString());
        Assert.NotEmpty(cluster.GetProperty("activations").EnumerateObject());
        Assert.Equal("healthy", cluster.GetProperty("store").GetProperty("health").GetString());
        Assert.NotEqual("", cluster.GetProperty("versions").GetProperty("engine").GetString());
    }

    [Fact]
    public async Task Page_ShowsTheCurlLineAndMayRunItsOwnScriptAlone()
    {
        var page = await service.Client.Get("/");
        Assert.Equal(200, page.Status);
        Assert.Contains("curl -X POST", page.Text, StringComparison.Ordinal);
        Assert.Contains("id=\"live\"", page.Text, StringComparison.Ordinal);
    }

    private static IEnumerable<string> References(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(field =>
            field.NameEquals("$ref") ? [field.Value.GetString()!] : References(field.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
