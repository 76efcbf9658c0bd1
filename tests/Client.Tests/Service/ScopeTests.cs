using OrleansTasks.Access;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>What keys with some of the scopes may do and see, through the real silo and store.</summary>
public sealed class ScopeTests(RunningService service) : IClassFixture<RunningService>
{
    private const string Schedule = """{"every":"366d","task":{"cmd":"true","queue":"scopes"}}""";
    private readonly ServiceClient client = service.Client;

    [Theory]
    [InlineData(Scopes.Operate, "This key lacks the scope submit.")]
    [InlineData(Scopes.Submit, "This key lacks the scope operate.")]
    [InlineData(Scopes.Read | Scopes.Admin, "This key lacks the scope submit and the scope operate.")]
    public async Task PutAndPostOfASchedule_WithoutBothScopes_AreRefused(Scopes scopes, string detail)
    {
        var key = await Key(scopes);

        foreach (var reply in new[]
        {
            await client.Send(HttpMethod.Put, "/api/v1/schedules/refused", Schedule, key),
            await client.Post("/api/v1/schedules", Schedule, key),
        })
        {
            Assert.StartsWith(detail, reply.Problem(403, "forbidden").GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        Assert.Equal(404, (await client.Get("/api/v1/schedules/refused")).Status);
    }

    [Fact]
    public async Task CallsOfASchedule_ThatNameNoCommand_NeedOperateAlone()
    {
        var both = await Key(Scopes.Operate | Scopes.Submit);
        var operate = await Key(Scopes.Operate);

        Assert.Equal(201, (await client.Send(HttpMethod.Put, "/api/v1/schedules/shared", Schedule, both)).Status);

        Assert.Equal(202, (await client.Post("/api/v1/schedules/shared/trigger", null, operate)).Status);
        Assert.Equal(200, (await client.Post("/api/v1/schedules/shared/pause", null, operate)).Status);
        Assert.Equal(200, (await client.Post("/api/v1/schedules/shared/resume", null, operate)).Status);
        Assert.Equal(204, (await client.Send(HttpMethod.Delete, "/api/v1/schedules/shared", null, operate)).Status);
    }

    [Fact]
    public async Task OpenApi_NamesTheScopesOfEachCall()
    {
        var paths = (await client.Get("/openapi/v1.json")).Json.GetProperty("paths");

        Assert.Equal("""[{"key":["submit","operate"]},{"session":["submit","operate"]}]""", Security("/api/v1/schedules/{id}", "put"));
        Assert.Equal("""[{"key":["operate"]},{"session":["operate"]}]""", Security("/api/v1/schedules/{id}", "delete"));
        Assert.Equal("""[{"key":[]},{"session":[]}]""", Security("/api/v1/session", "post"));
        Assert.Equal("[]", Security("/livez", "get"));

        string Security(string path, string method) => paths.GetProperty(path).GetProperty(method).GetProperty("security").GetRawText();
    }

    private async Task<(string Name, string Value)> Key(Scopes scopes)
    {
        var key = NewKey.Make("scopes", scopes, expiresAt: null);
        await service.Services.GetRequiredService<IKeyStore>().Add(key.Record, 0);
        return ("Authorization", $"Bearer {key.Text}");
    }
}
