using Google.Protobuf;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Tests.Agent;

public sealed class HeldAttemptsTests
{
    /// <summary>A command may come late: after the heartbeat for which the master took it for lost.</summary>
    [Fact]
    public void Revoke_AttemptBeganSinceTheHeartbeat_GoesOnUntilAHeartbeatListedIt()
    {
        var held = new HeldAttempts(slots: 1, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([]), new CoreSet([]));
        var lease = new Lease { TaskId = "t", Queue = "q", Attempt = 1, Token = ByteString.CopyFrom(new byte[16]) };
        Assert.Equal(StartDecision.Run, held.Receive(new Start { Lease = lease }, now: 0, mayRun: true, out var attempt));

        Assert.Null(held.Revoke(lease, wasListed: false));
        Assert.Equal((AttemptPhase.Running, StopCause.None), (attempt!.Phase, attempt.Cause));

        Assert.Same(attempt, held.Revoke(lease, wasListed: true));
        Assert.Equal(StopCause.Revoked, attempt.Cause);
    }

    [Fact]
    public void Receive_Gpus_AreGivenOnceAndComeBackWithTheEnd()
    {
        var held = new HeldAttempts(slots: 4, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([0, 1, 2]), new CoreSet([]));
        Assert.Equal(StartDecision.Run, held.Receive(StartOf(1, gpus: 2), 0, true, out var first));
        Assert.Equal(StartDecision.Run, held.Receive(StartOf(2, gpus: 0), 0, true, out var none));
        // The attempt that was ordered to end still has them.
        Assert.Equal(StartDecision.Wait, held.Receive(StartOf(3, gpus: 2), 0, true, out var second));
        Assert.Equal(StartDecision.Run, held.Receive(StartOf(4, gpus: 1), 0, true, out var third));
        Assert.Equal(["0,1", "", "2"], ((Attempt[])[first!, none!, third!]).Select(static one => string.Join(',', one.Gpus)));

        held.TreeDied(none!);
        Assert.Null(held.TakeWaiting(1));
        held.TreeDied(first!);

        Assert.Same(second, held.TakeWaiting(1));
        Assert.Equal([0, 1], second!.Gpus);
        Assert.Equal(["t3", "t3", "t4"], held.Gpus.Select(static gpu => gpu.TaskId));
    }

    [Fact]
    public void TakeWaiting_FirstLacksGpus_TakesTheNextThatLacksNothing()
    {
        var held = new HeldAttempts(slots: 2, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([0]), new CoreSet([]));
        held.Receive(StartOf(1, gpus: 1), 0, true, out _);
        held.Receive(StartOf(2, gpus: 0), 0, true, out var plain);
        held.Receive(StartOf(3, gpus: 1), 0, true, out _);
        held.Receive(StartOf(4, gpus: 0), 0, true, out var next);

        held.TreeDied(plain!);

        Assert.Same(next, held.TakeWaiting(1));
    }

    [Fact]
    public void AdoptRunning_Gpus_StayWithTheAttempt()
    {
        var held = new HeldAttempts(slots: 4, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([0, 1]), new CoreSet([]));
        held.AdoptRunning(StartOf(1, gpus: 1), cancelWanted: false, StopCause.None, gpuIndexes: [1], ownCores: [], now: 0);

        held.Receive(StartOf(2, gpus: 1), 0, true, out var other);
        Assert.Equal(StartDecision.Wait, held.Receive(StartOf(3, gpus: 1), 0, true, out _));

        Assert.Equal([0], other!.Gpus);
        Assert.Equal([1, 1, 1], held.Leases.Select(static lease => lease.Resources["gpu"]));
    }

    [Fact]
    public void Receive_PinnedCores_AreGivenOnceAndComeBackWithTheEnd()
    {
        var held = new HeldAttempts(slots: 8, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([]), new CoreSet([0, 1, 4]));
        Assert.Equal(StartDecision.Run, held.Receive(PinnedOf(1, cores: 2), 0, true, out var first));
        // A task without pin has all cores, and takes none.
        var plain = PinnedOf(2, cores: 3);
        plain.Pin = false;
        Assert.Equal(StartDecision.Run, held.Receive(plain, 0, true, out var unpinned));
        // The attempt that was ordered to end still has them.
        Assert.Equal(StartDecision.Wait, held.Receive(PinnedOf(3, cores: 2), 0, true, out var second));
        Assert.Equal(StartDecision.Run, held.Receive(PinnedOf(4, cores: 1), 0, true, out var third));
        Assert.Equal(
            ["0,1", "", "4"], ((Attempt[])[first!, unpinned!, third!]).Select(static one => string.Join(',', one.Cores)));

        held.TreeDied(unpinned!);
        Assert.Null(held.TakeWaiting(1));
        held.TreeDied(first!);

        Assert.Same(second, held.TakeWaiting(1));
        Assert.Equal([0, 1], second!.Cores);
    }

    [Fact]
    public void AdoptRunning_PinnedCores_StayWithTheAttempt()
    {
        var held = new HeldAttempts(slots: 8, startedDelay: 0, waitLimit: 1_000, new GpuIndexes([]), new CoreSet([0, 1]));
        var adopted = held.AdoptRunning(
            PinnedOf(1, cores: 1), cancelWanted: false, StopCause.None, gpuIndexes: [], ownCores: [1], now: 0);

        held.Receive(PinnedOf(2, cores: 1), 0, true, out var other);
        Assert.Equal(StartDecision.Wait, held.Receive(PinnedOf(3, cores: 1), 0, true, out var waiting));

        Assert.Equal((1, 0), (Assert.Single(adopted!.Cores), Assert.Single(other!.Cores)));
        held.TreeDied(adopted);
        Assert.Same(waiting, held.TakeWaiting(1));
        Assert.Equal([1], waiting!.Cores);
    }

    private static Start PinnedOf(byte token, int cores)
    {
        var start = StartOf(token, gpus: 0);
        start.Pin = true;
        start.Lease.Resources.Add("cpu", 1_000 * cores);
        return start;
    }

    private static Start StartOf(byte token, long gpus)
    {
        var start = new Start
        {
            Lease = new Lease
            {
                TaskId = $"t{token}", Queue = "q", Attempt = 1, Token = ByteString.CopyFrom([.. new byte[15], token]),
            },
        };
        if (gpus > 0)
            start.Lease.Resources.Add("gpu", gpus);
        return start;
    }
}
