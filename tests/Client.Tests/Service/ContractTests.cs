using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Tests.Gateway;

namespace OrleansTasks.Client.Tests.Service;

public sealed class ContractTests(RunningService service) : IClassFixture<RunningService>
{
    [Fact]
    public async Task OpenApi_OfTheWholeService_DescribesEveryRouteButThePages()
    {
        var document = (await service.Client.Get("/openapi/v1.json")).Json;
        var described = document.GetProperty("paths");
        var routes = service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(route => route.RoutePattern.RawText!).Distinct().ToArray();
        Assert.Contains("/", routes);
        Assert.All(
            // The Model Context Protocol describes itself.
            routes.Where(route => !route.StartsWith("/dashboard", StringComparison.Ordinal) && route != Mcp.McpRoutes.Path
                && !described.TryGetProperty(route.Replace("{**", "{", StringComparison.Ordinal), out _)),
            route => Assert.Contains(route, Pages.ConsoleServingTests.Addresses));
        var schemas = document.GetProperty("components").GetProperty("schemas");
        Assert.All(References(document), reference => Assert.True(schemas.TryGetProperty(reference.Split('/')[^1], out _), reference));
    }

    [Fact]
    public async Task Cluster_SaysEngineStoreAndVersions()
    {
        await service.Client.Get("/api/v1/tasks");
        var cluster = (await service.Client.Get("/api/v1/cluster")).Json;
        Assert.Equal("Orleans", cluster.GetProperty("engine").GetString());
        Assert.Equal("Active", cluster.GetProperty("silos")[0].GetProperty("state").GetString());
        Assert.NotEmpty(cluster.GetProperty("activations").EnumerateObject());
        Assert.Equal("healthy", cluster.GetProperty("store").GetProperty("health").GetString());
        Assert.NotEqual("", cluster.GetProperty("versions").GetProperty("engine").GetString());
        Assert.True(cluster.GetProperty("activations").GetProperty("task-reader").GetInt32() > 0, cluster.ToString());
    }

    [Fact]
    public async Task Cluster_CountsAndTimesTheCallsOfGrains()
    {
        var before = await Call("OrleansTasks.Tasks.ITaskReaderGrain", "Get");
        for (var i = 0; i < 10; i++)
            await service.Client.Get($"/api/v1/tasks/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}");
        var after = await Call("OrleansTasks.Tasks.ITaskReaderGrain", "Get");
        Assert.InRange(after.Calls - before.Calls, 10, 1_000);
        Assert.Equal(before.Failures, after.Failures);
        Assert.True(after.Median > 0 && after.Median <= after.Longest, after.ToString());
    }

    [Fact]
    public async Task Session_WithoutAKeyOnLoopback_MayDoEverything()
    {
        var session = await service.Client.Get("/api/v1/session");
        Assert.Equal(
            """{"name":null,"keyId":null,"scopes":["read","submit","operate","admin","run"],"expiresAt":null,"needsKey":false}""", session.Text);
        Assert.Equal("no-store", session.Headers["Cache-Control"]);
        (await service.Client.Get("/api/v1/session", ("Authorization", "Bearer wrong"))).Problem(401, "unauthenticated");
        (await service.Client.Get("/api/v1/session?x=1")).Problem(400, "bad-parameter");
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "image", 403)]
    [InlineData("cross-site", "navigate", "iframe", 403)]
    [InlineData("cross-site", "navigate", "document", 200)]
    [InlineData("same-origin", "cors", "empty", 200)]
    public async Task Read_ByAPageOfAnotherSite_IsServedOnlyWhenSomebodyFollowsALink(string site, string mode, string load, int status)
    {
        var answer = await service.Client.Get(
            "/api/v1/search?q=x", ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", load));
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task Dashboard_IsServed()
    {
        var page = await service.Client.Get("/dashboard/");
        var home = (await service.Client.Get("/plain")).Text;
        Assert.Equal(200, page.Status);
        Assert.Contains("<html", page.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("href=\"/dashboard\"", home, StringComparison.Ordinal);
        // It gathers its figures once a second, from the first request on.
        var silo = "";
        await Eventually.True(() => Dashboard("DashboardCounters").GetProperty("hosts").EnumerateArray()
            .Any(host => (silo = host.GetProperty("siloAddress").GetString()!).Length > 0));
        await Eventually.True(() => Dashboard($"SiloCounters/{Uri.EscapeDataString(silo)}").GetArrayLength() > 0);
        await Eventually.True(() => Dashboard($"HistoricalStats/{Uri.EscapeDataString(silo)}").EnumerateArray()
            .Count(static second => second.ValueKind != JsonValueKind.Null) > 1);
        Assert.Equal(403, (await service.Client.Get("/dashboard/Trace")).Status);
    }

    private JsonElement Dashboard(string path) => service.Client.Get($"/dashboard/{path}").GetAwaiter().GetResult().Json;

    private async Task<(long Calls, long Failures, double Median, double Longest)> Call(string grain, string method)
    {
        var calls = (await service.Client.Get("/api/v1/cluster")).Json.GetProperty("calls").EnumerateArray();
        var found = calls.FirstOrDefault(call => call.GetProperty("grain").GetString() == grain && call.GetProperty("method").GetString() == method);
        return found.ValueKind == JsonValueKind.Undefined ? default : (found.GetProperty("calls").GetInt64(),
            found.GetProperty("failures").GetInt64(), found.GetProperty("p50Ms").GetDouble(), found.GetProperty("maxMs").GetDouble());
    }

    [Fact]
    public async Task Page_ShowsTheCurlLineAndMayRunItsOwnScriptAlone()
    {
        var page = await service.Client.Get("/plain");
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
