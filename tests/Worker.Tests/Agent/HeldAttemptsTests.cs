using Google.Protobuf;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class HeldAttemptsTests
{
    /// <summary>A command may come late: after the heartbeat for which the master took it for lost.</summary>
    [Fact]
    public void Revoke_AttemptBeganSinceTheHeartbeat_GoesOnUntilAHeartbeatListedIt()
    {
        var held = new HeldAttempts(slots: 1, startedDelay: 0, waitLimit: 1_000);
        var lease = new Lease { TaskId = "t", Queue = "q", Attempt = 1, Token = ByteString.CopyFrom(new byte[16]) };
        Assert.Equal(StartDecision.Run, held.Receive(new Start { Lease = lease }, now: 0, mayRun: true, out var attempt));

        Assert.Null(held.Revoke(lease, wasListed: false));
        Assert.Equal((AttemptPhase.Running, StopCause.None), (attempt!.Phase, attempt.Cause));

        Assert.Same(attempt, held.Revoke(lease, wasListed: true));
        Assert.Equal(StopCause.Revoked, attempt.Cause);
    }
}
