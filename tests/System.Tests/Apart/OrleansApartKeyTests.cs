using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>Keys are the silo's; a gateway of its own asks for them.</summary>
public sealed class OrleansApartKeyTests : DataFolders
{
    private static readonly TimeSpan RevocationLimit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task GatewayBeyondLoopback_AsksItsSiloForKeys()
    {
        var created = await Otask.Run("key", "create", "--data", Data, "--scope", "read", "--name", "test");
        Assert.True(created.ExitCode == 0, created.Errors);
        await using var silo = await Service.StartSilo(Data, "--slots", "0");
        await using var gateway = await Service.StartGateway(silo.Silo, "--http", "0.0.0.0:0");
        // 0.0.0.0 was announced by the machine's name; the loopback address reaches it too.
        using var client = new HttpClient { BaseAddress = new UriBuilder(gateway.Url) { Host = "127.0.0.1" }.Uri };
        Assert.Equal(401, await Status(client));
        Assert.Contains("is not encrypted: keys and tasks' secrets cross the network", gateway.Log, StringComparison.Ordinal);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", created.Output.Trim());
        Assert.Equal(200, await Status(client));

        var id = (await Otask.Run("key", "list", "--data", Data)).Output.Split('\t')[0];
        Assert.Equal(0, (await Otask.Run("key", "revoke", id, "--data", Data)).ExitCode);
        await Until.Holds("the key is refused", RevocationLimit, async () => await Status(client) == 401);

        await silo.KillAll();
        await Until.Holds("nobody can be let in", RevocationLimit, async () => await Status(client) == 503);
    }

    [Fact]
    public async Task GatewayOnItsOwn_HasItsSiloMakeAndRevokeKeys()
    {
        await using var silo = await Service.StartSilo(Data, "--slots", "0");
        await using var gateway = await Service.StartGateway(silo.Silo);
        using var body = new StringContent("""{"name":"n","scopes":["read"]}""", Encoding.UTF8, "application/json");
        using var response = await gateway.Http.PostAsync("/api/v1/keys", body);
        Assert.Equal(201, (int)response.StatusCode);
        var made = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        var listed = await Otask.Run("key", "list", "--data", Data);
        Assert.Equal($"{made["id"]}\tn\tread\n", listed.Output);
        using var client = new HttpClient { BaseAddress = gateway.Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)made["key"]!);
        Assert.Equal(200, await Status(client));

        using var revoked = await gateway.Http.DeleteAsync($"/api/v1/keys/{made["id"]}");
        Assert.Equal(204, (int)revoked.StatusCode);
        Assert.Equal(401, await Status(client));
    }

    private static async Task<int> Status(HttpClient client)
    {
        using var response = await client.GetAsync("/api/v1/tasks");
        return (int)response.StatusCode;
    }
}
