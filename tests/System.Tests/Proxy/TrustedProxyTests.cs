using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.Client.Feed;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Proxy;

/// <summary><c>--trusted-proxy</c>: whose <c>X-Forwarded-For</c> names a caller's address.</summary>
public sealed class TrustedProxyTests(SharedServices shared) : DataFolders
{
    [Fact]
    public async Task Header_OfATrustedProxy_NamesTheLastAddressThatIsNotAProxys()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--trusted-proxy", "127.0.0.1", "--trusted-proxy", "10.1.0.0/16");

        Assert.Equal("203.0.113.7", await AddressOf(service, "203.0.113.7"));
        Assert.Equal("203.0.113.7", await AddressOf(service, "198.51.100.9, 203.0.113.7, 10.1.2.3"));
        Assert.Equal("2001:db8::7", await AddressOf(service, "[2001:db8::7]:443"));
        Assert.Equal("127.0.0.1", await AddressOf(service, "nonsense"));
        Assert.Equal("127.0.0.1", await AddressOf(service, null));
    }

    [Fact]
    public async Task Header_OfAnybodyElse_MeansNothing()
    {
        await using var service = await Service.Start(Data, "--slots", "0", "--trusted-proxy", "10.1.0.0/16");

        Assert.Equal("127.0.0.1", await AddressOf(service, "203.0.113.7"));
    }

    /// <summary>Everyone who reaches such a proxy could do everything, so the operator must have said that this is meant.</summary>
    [Theory]
    [InlineData("X-Forwarded-For", "203.0.113.7")]
    [InlineData("Forwarded", "for=203.0.113.7;proto=https")]
    public async Task ProxyThatNobodyNamed_BeforeAGatewayWithoutKeys_IsRefused(string header, string value)
    {
        var service = await shared.Idle;
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/queues");
        request.Headers.Add(header, value);

        using var answer = await service.Http.SendAsync(request);

        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal((403, "proxy-without-keys"), ((int)answer.StatusCode, (string?)problem["code"]));
        Assert.Contains("--require-keys", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TimeLimits_OfTheFileForNginx_ExceedTheGateways()
    {
        var site = await File.ReadAllTextAsync(
            Path.Combine(BuiltPrograms.Repository, "deploy", "nginx", "otask.conf"), TestContext.Current.CancellationToken);

        Assert.True(Seconds("proxy_read_timeout") > TaskWaits.Longest.TotalSeconds);
        Assert.True(Seconds("proxy_send_timeout") > ServiceLimits.UploadStall.TotalSeconds);

        int Seconds(string name) => int.Parse(
            Regex.Match(site, $@"\b{name} (\d+)s;").Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>The address that the audit has for a change with this header.</summary>
    private static async Task<string?> AddressOf(Service service, string? forwarded)
    {
        var queue = $"proxied-{Guid.NewGuid():N}";
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/queues/{queue}")
        {
            Content = new StringContent("""{"paused":true}""", Encoding.UTF8, "application/json"),
        };
        if (forwarded is not null)
            request.Headers.Add("X-Forwarded-For", forwarded);
        using var put = await service.Http.SendAsync(request);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        var audit = JsonNode.Parse(await service.Http.GetStringAsync($"/api/v1/audit?target={queue}"))!;
        return (string?)Assert.Single(audit["items"]!.AsArray())!["address"];
    }
}
