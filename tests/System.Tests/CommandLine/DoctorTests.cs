using System.Text.Json.Nodes;
using OrleansTasks.Cli.Doctor;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask doctor</c>.</summary>
public sealed class DoctorTests
{
    private const string Session = """{"name":null,"keyId":null,"scopes":["read"],"expiresAt":null,"needsKey":false}""";
    private const string Well = """
        {"silos":[{"name":"a","state":"Active","version":"9.9.9"},{"name":"b","state":"Active","version":"9.9.9"},
        {"name":"b","state":"Dead","version":null}],"store":{"kind":"sqlite","health":"healthy"},"versions":{"service":"9.9.9"}}
        """;

    private const string Mixed = """
        {"silos":[{"name":"a","state":"Active","version":"9.9.8"},{"name":"b","state":"Active","version":"9.9.9"}],
        "store":{"kind":"sqlite","health":"healthy"},"versions":{"service":"9.9.9"}}
        """;

    private const string Expiring = """
        {"store":{"kind":"sqlite","health":"healthy"},"versions":{"service":"9.9.9"},
        "certificates":[{"option":"--cluster-cert","expiresAt":"2020-01-01T00:00:00Z"},{"option":"--tls-cert","expiresAt":"9020-01-01T00:00:00Z"}]}
        """;

    private const string Empty = """{"items":[],"nextCursor":null}""";

    [Fact]
    public async Task Doctor_AllIsWell_EndsWithZero()
    {
        await using var gateway = await Start(Well, """{"items":[{"id":"w1","state":"ready","slots":4,"version":"9.9.8"}]}""", Empty);

        var ended = await gateway.Otask("doctor");

        Assert.Equal(0, ended.ExitCode);
        Assert.DoesNotContain("LOOK", ended.Output, StringComparison.Ordinal);
        Assert.Contains("1 with 4 slots", ended.Output, StringComparison.Ordinal);
        Assert.Contains("2 of version 9.9.9, like the gateway", ended.Output, StringComparison.Ordinal);
        Assert.Contains("worker versions: w1 of version 9.9.8", ended.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"store":{"kind":"sqlite","health":"degraded"},"versions":{"service":"1"}}""",
        """[{"id":"w","state":"ready","slots":1}]""", "[]", "free space")]
    [InlineData(Mixed, """[{"id":"w","state":"ready","slots":1}]""", "[]", "a is 9.9.8, b is 9.9.9; the gateway is 9.9.9")]
    [InlineData(Expiring, """[{"id":"w","state":"ready","slots":1}]""", "[]", "certificate --cluster-cert: expired at 2020-01-01T00:00:00Z")]
    [InlineData(Well, "[]", "[]", "all tasks wait")]
    [InlineData(Well, """[{"id":"w","state":"draining","slots":1}]""", "[]", "resume a drained one")]
    [InlineData(Well, """[{"id":"w","state":"ready","slots":1},{"id":"x","state":"lost","slots":1}]""", "[]",
        "otask node delete x")]
    [InlineData(Well, """[{"id":"w","state":"busy","slots":1,"lastReportAt":"2020-01-01T00:00:00Z"}]""", "[]",
        "has been silent since 2020")]
    [InlineData(Well, """[{"id":"w","state":"ready","slots":1}]""", """[{"name":"q","paused":true,"depth":7}]""",
        "otask queue resume q")]
    public async Task Doctor_AProblem_IsNamedWithWhatToDo(string cluster, string nodes, string queues, string said)
    {
        await using var gateway = await Start(cluster, $$"""{"items":{{nodes}}}""", $$"""{"items":{{queues}}}""");

        var ended = await gateway.Otask("doctor");

        Assert.Equal(8, ended.ExitCode);
        Assert.Contains(said, ended.Output, StringComparison.Ordinal);
        Assert.Single(ended.Output.Split('\n'), static line => line.StartsWith("LOOK", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Doctor_SevereAttention_IsAProblem_AndLostNodesAreNamedOnce()
    {
        await using var gateway = await Start(
            Well, """{"items":[{"id":"w1","state":"ready","slots":4},{"id":"x","state":"lost","slots":1}]}""", Empty,
            """
            {"items":[{"code":"no-node-fits","severity":"severe","title":"No node can run 1 task of queue q: w2 could, but is draining"},
              {"code":"node-lost","severity":"severe","title":"Node x is not reporting"},
              {"code":"queue-paused","severity":"warning","title":"Queue p is paused"}]}
            """);

        var ended = await gateway.Otask("doctor");

        Assert.Equal(8, ended.ExitCode);
        Assert.Contains(
            "LOOK  attention: No node can run 1 task of queue q: w2 could, but is draining\n", ended.Output,
            StringComparison.Ordinal);
        Assert.Equal(
            2, ended.Output.Split('\n').Count(static line => line.StartsWith("LOOK", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9092", "true", null)]
    [InlineData("http://[::1]:9092", "true", null)]
    [InlineData("http://tasks.example:9092", "false", null)]
    [InlineData("https://tasks.example", "true", true)]
    [InlineData("http://tasks.example:9092", "true", false)]
    public void Encryption_OfAKey_IsAProblemBeyondThisMachineWithoutTls(string url, string needsKey, bool? isWell) =>
        Assert.Equal(isWell, Diagnosis.Encryption(new Uri(url), JsonNode.Parse($$"""{"needsKey":{{needsKey}}}""")!)?.IsWell);

    private static Task<StubGateway> Start(string cluster, string nodes, string queues, string attention = Empty) => StubGateway.Start(
        ("/readyz", "ready"), ("/api/v1/session", Session), ("/api/v1/cluster", cluster), ("/api/v1/nodes", nodes),
        ("/api/v1/queues", queues), ("/api/v1/attention", attention));
}
