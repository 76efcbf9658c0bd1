using OrleansTasks.Silo.Nodes;
using OrleansTasks.Tasks;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What a worker says, as grains take it.</summary>
public sealed class NodeMessagesTests
{
    [Theory]
    [InlineData(0U, 0)]
    [InlineData(64U, 64)]
    [InlineData(uint.MaxValue, 1_000_000)]
    public void Registration_StartsAhead_IsTakenWithinBounds(uint said, int taken)
    {
        var report = new StatusReport { Registration = new Registration { Instance = "one", Slots = 2, StartsAhead = said } };

        Assert.Equal(taken, NodeMessages.ToRegistration(report).StartsAhead);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Registration_EvaluatesChunksOnlyIfItSaysSo(bool says)
    {
        var report = new StatusReport { Registration = new Registration { Instance = "one", Enforces = uint.MaxValue } };
        if (says)
            report.Registration.Chunks = true;

        Assert.Equal(says, NodeMessages.ToRegistration(report).EvaluatesChunks);
    }

    [Theory]
    [InlineData(true, Limits.Memory | Limits.Results)]
    [InlineData(false, Limits.Memory)]
    public void Registration_TakesResultsOnlyIfItSaysSo(bool says, Limits taken)
    {
        var registration = new Registration { Instance = "one", Enforces = 17, Results = says };

        Assert.Equal(taken, NodeMessages.ToRegistration(new StatusReport { Registration = registration }).Enforces);
    }

    [Theory]
    [InlineData(true, Limits.Memory | Limits.HandlersOnly)]
    [InlineData(false, Limits.Memory)]
    public void Registration_IsForHandlersOnlyIfItSaysSo(bool says, Limits taken)
    {
        var registration = new Registration { Instance = "one", Enforces = 33, HandlersOnly = says };

        Assert.Equal(taken, NodeMessages.ToRegistration(new StatusReport { Registration = registration }).Enforces);
    }

    [Theory]
    [InlineData(0U, Limits.None)]
    [InlineData(3U, Limits.Sandbox | Limits.Container)]
    [InlineData(uint.MaxValue, Limits.Sandbox | Limits.Container | Limits.SandboxHosts)]
    public void Isolates_OfARegistrationAndOfAHeartbeat_AreTheSame(uint said, Limits taken)
    {
        var registration = new Registration { Instance = "one", Isolates = said };

        Assert.Equal(taken, NodeMessages.ToRegistration(new StatusReport { Registration = registration }).Enforces);
        Assert.Equal(taken, NodeMessages.ToIsolation(said));
    }

    [Fact]
    public void Registration_LoadAndMemory_AreTaken()
    {
        var report = new StatusReport { Registration = new Registration { Instance = "one" }, Load = 0.5, MemoryBytes = 7 };

        var registration = NodeMessages.ToRegistration(report);

        Assert.Equal((0.5, 7), (registration.Load, registration.MemoryBytes));
    }
}
