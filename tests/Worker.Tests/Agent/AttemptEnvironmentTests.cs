using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class AttemptEnvironmentTests
{
    private readonly AttemptEnvironment environment = new(
        "w1", ownHome: null, static name => name == "HOME" ? "/home/worker" : null);

    [Theory]
    [InlineData(false, null, "/home/worker")]
    [InlineData(false, "/own", "/own")]
    [InlineData(true, null, null)]
    [InlineData(true, "/own", "/own")]
    public void Home_InASandbox_IsNotTheWorkers(bool isInSandbox, string? ownHome, string? expected)
    {
        var start = new Start
        {
            Lease = AgentFixture.LeaseOf(1),
            Isolation = isInSandbox ? new IsolationTerms() : null,
        };
        if (ownHome is not null)
            start.Env["HOME"] = ownHome;

        Assert.Equal(expected, ValueIn(environment.Of(start, span: null, gpus: [], cores: []), "HOME"));
    }

    [Fact]
    public void Home_OfAJobInASandbox_IsNotTheWorkers()
    {
        var start = new Start
        {
            Lease = AgentFixture.LeaseOf(1), Chunk = new Chunk { Job = AgentFixture.LeaseOf(1).TaskId },
        };
        Assert.Equal("/home/worker", ValueIn(environment.OfJob(start), "HOME"));

        start.Isolation = new IsolationTerms();

        Assert.Null(ValueIn(environment.OfJob(start), "HOME"));
        Assert.NotNull(ValueIn(environment.OfJob(start), "PATH"));
    }

    private static string? ValueIn(IEnumerable<KeyValuePair<string, string>> variables, string name) =>
        variables.SingleOrDefault(variable => variable.Key == name).Value;
}
