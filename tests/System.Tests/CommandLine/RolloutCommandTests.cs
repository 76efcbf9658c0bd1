using System.Text.Json.Nodes;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary><c>otask rollout</c> against scripted gateways.</summary>
public sealed class RolloutCommandTests
{
    private const string Id = "019a2b3c-4d5e-7f00-8000-000000000001";

    [Fact]
    public async Task Start_SendsCountsAsNumbersAndSharesAsText()
    {
        await using var gateway = await StubGateway.Start(("/api/v1/rollouts", $$"""{"id":"{{Id}}"}"""));

        var ended = await gateway.Otask(
            "rollout", "start", "--select", "role=web", "--waves", "1,10%,100%", "--max-failed", "2", "--pause", "5m",
            "--queue", "ops", "--", "uname", "-r");

        Assert.Equal(new Running.Finished(0, Id + "\n", ""), ended);
        const string Expected = """
            {"task":{"argv":["uname","-r"],"queue":"ops"},"select":{"role":"web"},"waves":[1,"10%","100%"],"maxFailed":2,
              "pause":"5m"}
            """;
        var body = Assert.Single(gateway.Bodies);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Expected), JsonNode.Parse(body)), body);
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, $"otask: 1 node was away and did not run the command; list with: otask rollout nodes {Id} --state away\n")]
    public async Task Wait_OfARolloutWithNodesAway_NamesThem(int away, string said)
    {
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/rollouts/{Id}", $$$"""{"id":"{{{Id}}}","state":"succeeded","nodes":{"away":{{{away}}}}}"""));

        Assert.Equal((0, said), Of(await gateway.Otask("rollout", "get", "--wait", Id)));
        Assert.Equal((0, ""), Of(await gateway.Otask("rollout", "get", Id)));

        static (int, string) Of(Running.Finished ended) => (ended.ExitCode, ended.Errors);
    }

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("failed", 4)]
    [InlineData("halted", 4)]
    [InlineData("cancelled", 5)]
    public async Task Wait_EndsWithTheCodeOfTheState(string state, int code)
    {
        var answer = $$"""{"id":"{{Id}}","state":"{{state}}"}""";
        await using var gateway = await StubGateway.Start(
            ($"/api/v1/rollouts/{Id}", answer), ("/api/v1/rollouts", answer));

        Assert.Equal(code, (await gateway.Otask("rollout", "get", "--wait", Id)).ExitCode);
        Assert.Equal(code, (await gateway.Otask("rollout", "start", "--wait", "true")).ExitCode);
        Assert.Equal(0, (await gateway.Otask("rollout", "get", Id)).ExitCode);
    }
}
