using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Dispatch;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Store;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>Has the faults of a plan happen, each at its time, and ends all of them when the turmoil is over.</summary>
internal sealed class Turmoil(SimWorld world)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>Which kind of fault is behind an effect that the network or the streams tell of.</summary>
    private static readonly Dictionary<string, FaultKind> Causes = new(StringComparer.Ordinal)
    {
        ["lost"] = FaultKind.NetworkLoss,
        ["late"] = FaultKind.NetworkLate,
        ["doubled"] = FaultKind.NetworkDouble,
        ["stream-lost"] = FaultKind.StreamLoss,
        ["stream-late"] = FaultKind.StreamLate,
        ["stream-doubled"] = FaultKind.StreamDouble,
        ["stream-full"] = FaultKind.StreamFull,
    };

    private readonly Dictionary<FaultKind, List<Fault>> open = [];
    private readonly List<Fault> unfelt = [];

    private SimCluster Cluster => world.Cluster;

    /// <summary>Plans everything.</summary>
    public void Begin()
    {
        // Orleans sends a message again only when it was never written: what a lost connection may have carried is rejected.
        // So only calls whose senders repeat them can arrive twice; the gateway knows of each repetition of the methods named here.
        Cluster.Network.MayDouble = static method => method is not ("Submit" or "Cancel" or "Retry" or "Register" or "Append" or "Job" or "Rollout");
        Cluster.Network.Happened = Feel;
        Cluster.Streams.Happened = Feel;
        foreach (var fault in world.Plan.Faults)
            Cluster.After(fault.At, () => Happen(fault));
    }

    private void Fire(Fault fault) => world.Coverage.Fire(fault.Kind);

    /// <summary>Something went wrong: the faults that are behind it have done something.</summary>
    private void Feel(string effect)
    {
        if (!Causes.TryGetValue(effect, out var kind))
            return;
        for (var left = unfelt.RemoveAll(fault => fault.Kind == kind); left > 0; left--)
            world.Coverage.Fire(kind);
    }

    private void Happen(Fault fault)
    {
        var (network, streams, store) = (Cluster.Network, Cluster.Streams, world.Store);
        switch (fault.Kind)
        {
            case FaultKind.NetworkLoss:
                During(fault, strength => network.Loss = 0.02 + (0.25 * strength), () => network.Loss = 0);
                break;
            case FaultKind.NetworkLate:
                During(fault, strength => network.Lateness = 0.05 + (0.4 * strength), () => network.Lateness = 0);
                break;
            case FaultKind.NetworkDouble:
                During(fault, strength => network.Doubling = 0.05 + (0.5 * strength), () => network.Doubling = 0);
                break;
            case FaultKind.StreamLoss:
                During(fault, strength => streams.Loss = 0.1 + (0.9 * strength), () => streams.Loss = 0);
                break;
            case FaultKind.StreamDouble:
                During(fault, strength => streams.Doubling = 0.1 + (0.9 * strength), () => streams.Doubling = 0);
                break;
            case FaultKind.StreamLate:
                During(fault, strength => streams.Lateness = 0.1 + (0.9 * strength), () => streams.Lateness = 0);
                break;
            case FaultKind.StreamFull:
                During(fault, strength => streams.Fullness = 0.1 + (0.9 * strength), () => streams.Fullness = 0);
                break;
            case FaultKind.StoreSlow:
                During(
                    fault, strength => store.Slowest = TimeSpan.FromSeconds(0.05 + (0.5 * strength)),
                    () => store.Slowest = TimeSpan.FromMilliseconds(2));
                break;
            case FaultKind.StoreLowSpace:
                During(fault, _ => store.IsLow = true, () => store.IsLow = false);
                break;
            case FaultKind.SiloCut or FaultKind.WorkerCut:
                Cut(fault);
                break;
            case FaultKind.GatewayKill or FaultKind.GatewayCut:
                if (world.Gateways.Happen(fault, world.Ports.Select(static port => port.Silo.Name)))
                    Fire(fault);
                break;
            case FaultKind.SiloPause:
                PauseSilo(fault);
                break;
            case FaultKind.SiloDeclaredDead:
                DeclareSiloDead(fault);
                break;
            case FaultKind.SiloKillInCommit:
                KillSiloInCommit(fault);
                break;
            case FaultKind.InstallationKill:
                KillAll(fault);
                break;
            case FaultKind.SiloKill or FaultKind.SiloStop:
                LoseSilo(fault);
                break;
            case FaultKind.SiloClockStep:
                foreach (var port in world.Ports.Skip(fault.Target % Math.Max(1, world.Ports.Count)).Take(1))
                {
                    world.AreClocksSet = true;
                    port.Silo.Clock.Error.Skew += world.Plan.ClockStep * ((2 * fault.Strength) - 1);
                    Fire(fault);
                }

                break;
            case FaultKind.ForgetJob when world.JobReferee.Known.Count == 0:
                break;
            case FaultKind.ForgetDispatcher or FaultKind.ForgetNode or FaultKind.ForgetFleet or FaultKind.ForgetJob:
                Forget(fault);
                break;
            case FaultKind.QueueHang or FaultKind.QueueRefuse:
                world.Troubles.Begin(
                    world.Users.Queues[fault.Target % world.Users.Queues.Count], world.Now + fault.Length,
                    isRefusing: fault.Kind == FaultKind.QueueRefuse, () => Fire(fault));
                break;
            case FaultKind.FrozenOwner:
                FreezeOwner(fault);
                break;
            case FaultKind.DispatcherMove:
                var moving = world.Users.Queues[fault.Target % world.Users.Queues.Count];
                if (world.Ports.Select(static port => port.Silo).Where(static silo => !silo.IsPaused)
                    .Any(silo => silo.Services.GetRequiredService<LocalDispatchers>().End(moving)))
                    Fire(fault);
                break;
            case FaultKind.StoreSilent:
                Silence(fault);
                break;
            case FaultKind.StoreFail:
                Expect(fault, CommitFate.Fails);
                break;
            case FaultKind.StoreUnknownLanded:
                Expect(fault, CommitFate.UnknownLanded);
                break;
            case FaultKind.StoreUnknownLost:
                Expect(fault, CommitFate.UnknownLost);
                break;
            case FaultKind.StoreUnknownLater:
                Expect(fault, CommitFate.UnknownLater);
                break;
            case FaultKind.StoreLateAnswer:
                Expect(fault, CommitFate.AnsweredLate);
                break;
            case FaultKind.StoreCrash:
                Expect(fault, CommitFate.Torn);
                break;
            default:
                HurtWorker(fault, world.Workers[fault.Target % world.Workers.Count]);
                break;
        }
    }

    /// <summary>
    /// A window of trouble. Several of one kind may be open: it is as bad as the worst of them, and over with the last.
    /// </summary>
    private void During(Fault fault, Action<double> set, Action end)
    {
        var isTold = Causes.ContainsValue(fault.Kind);
        if (isTold)
            unfelt.Add(fault);
        if (!open.TryGetValue(fault.Kind, out var windows))
            open.Add(fault.Kind, windows = []);
        windows.Add(fault);
        var commits = world.Store.Commits;
        Set();
        Cluster.After(fault.Length, () =>
        {
            windows.Remove(fault);
            unfelt.Remove(fault);
            Set();
            // Of the store nothing is told: it was felt if it was used meanwhile.
            if (!isTold && world.Store.Commits > commits)
                Fire(fault);
        });

        void Set()
        {
            if (windows.Count > 0)
                set(windows.Max(static window => window.Strength));
            else
                end();
        }
    }

    private void Silence(Fault fault)
    {
        var (store, commits) = (world.Store, world.Store.Commits);
        store.SilentUntil = Cluster.Clock.GetUtcNow() + fault.Length;
        // What has waited is written right after it.
        Cluster.After(fault.Length + TimeSpan.FromSeconds(1), () =>
        {
            if (store.Commits > commits)
                Fire(fault);
        });
    }

    private void Expect(Fault fault, CommitFate fate)
    {
        // Several in a row now and then: a new owner meets the next one.
        var count = fault.Strength > 0.7 ? 3 : 1;
        for (var i = 0; i < count; i++)
            world.Store.Expect(fate, fault.Length / 2, () =>
            {
                Fire(fault);
                if (IsUnknown(fate))
                    world.Coverage.Fire(Coverage.UnknownCommit);
            });
    }

    private void Cut(Fault fault)
    {
        if (world.Ports.Count == 0)
            return;
        var silo = world.Ports[fault.Target % world.Ports.Count].Silo.Name;
        var isWorker = fault.Kind == FaultKind.WorkerCut;
        var one = isWorker ? world.Workers[fault.Target % world.Workers.Count].Name : silo;
        foreach (var other in world.Ports.Select(static port => port.Silo.Name).Where(name => name != one).ToArray())
        {
            Fire(fault);
            Cluster.Network.Cut(one, other);
            Cluster.After(fault.Length, () => Cluster.Network.Heal(one, other));
        }
    }

    private void LoseSilo(Fault fault)
    {
        if (world.Ports.Count == 0)
            return;
        Fire(fault);
        if (world.Ports.Count == 1)
            world.Coverage.Fire("the last silo is lost");
        var port = world.Ports[fault.Target % world.Ports.Count];
        if (fault.Kind == FaultKind.SiloKill)
        {
            world.KillSilo(port);
            Cluster.After(fault.Length, world.StartSilo);
        }
        else
            world.StopSilo(port, Cluster.NewProcess("operator"), () => Cluster.After(fault.Length, world.StartSilo));
    }

    private void PauseSilo(Fault fault)
    {
        if (world.Ports.Count == 0)
            return;
        var silo = world.Ports[fault.Target % world.Ports.Count].Silo;
        if (silo.IsPaused)
            return;
        silo.Pause();
        Cluster.After(fault.Length, () =>
        {
            silo.Continue();
            if (silo.HeldUp > 0)
                Fire(fault);
        });
    }

    private void FreezeOwner(Fault fault)
    {
        var queue = world.Users.Queues[fault.Target % world.Users.Queues.Count];
        var owner = world.Ports.Select(static port => port.Silo).FirstOrDefault(silo =>
            !silo.IsPaused && silo.Instances.OfType<TaskDispatcherGrain>().Any(grain => grain.Queue == queue));
        if (owner is null || world.Ports.Count(static port => !port.Silo.IsPaused) < 2)
            return;
        if (!Cluster.Forget(world.Gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue)))
            return;
        Fire(fault);
        owner.Pause();
        Cluster.After(fault.Length, owner.Continue);
    }

    private void DeclareSiloDead(Fault fault)
    {
        // Somebody has to be there who declares it.
        if (world.Ports.Count(static port => !port.Silo.IsPaused) < 2)
            return;
        var silo = world.Ports[fault.Target % world.Ports.Count].Silo;
        if (silo.IsPaused)
            return;
        Fire(fault);
        Cluster.DeclareDead(silo, learns: fault.Length);
    }

    private void KillSiloInCommit(Fault fault)
    {
        var (fate, soonest) = fault.Strength switch
        {
            < 0.4 => (CommitFate.Written, TimeSpan.FromMilliseconds(1)),
            < 0.7 => (CommitFate.AnsweredLate, fault.Length / 4),
            _ => (CommitFate.UnknownLater, TimeSpan.Zero),
        };
        world.Store.Expect(fate, fault.Length / 2, () =>
        {
            if (Cluster.Running is not { } silo)
                return;
            Cluster.After(soonest * fault.Strength, () =>
            {
                if (world.Ports.FirstOrDefault(port => port.Silo == silo) is not { } port)
                    return;
                Fire(fault);
                if (IsUnknown(fate))
                    world.Coverage.Fire("a commit landed after its silo had died");
                world.KillSilo(port);
                Cluster.After(fault.Length, world.StartSilo);
            });
        });
    }

    private void KillAll(Fault fault)
    {
        var ports = world.Ports.ToArray();
        if (ports.Length == 0)
            return;
        Fire(fault);
        foreach (var port in ports)
        {
            world.KillSilo(port);
            Cluster.After(fault.Length, world.StartSilo);
        }

        if (fault.Strength < 0.5)
            return;
        world.Coverage.Fire("all silos and all workers are killed at once");
        foreach (var worker in world.Workers.Where(static worker => worker.IsUp))
            worker.LosePower(fault.Length);
    }

    private static bool IsUnknown(CommitFate fate) =>
        fate is CommitFate.UnknownLanded or CommitFate.UnknownLost or CommitFate.UnknownLater or CommitFate.Torn;

    private void Forget(Fault fault)
    {
        var grains = world.Gateway.Grains;
        IAddressable grain = fault.Kind switch
        {
            FaultKind.ForgetDispatcher => grains.GetGrain<ITaskDispatcherGrain>(
                world.Users.Queues[fault.Target % world.Users.Queues.Count].ToString()),
            FaultKind.ForgetNode => grains.GetGrain<INodeGrain>(world.Workers[fault.Target % world.Workers.Count].Name),
            FaultKind.ForgetJob => grains.GetGrain<IJobGrain>(
                world.JobReferee.Known[fault.Target % world.JobReferee.Known.Count].ToString()),
            _ => grains.GetGrain<IFleetGrain>("fleet"),
        };
        if (Cluster.Forget(grain))
            Fire(fault);
    }

    private void HurtWorker(Fault fault, Worker.SimWorker worker)
    {
        if (!worker.IsUp)
            return;
        Fire(fault);
        switch (fault.Kind)
        {
            case FaultKind.AgentKill:
                worker.Kill(fault.Length);
                break;
            case FaultKind.AgentPowerLoss:
                worker.LosePower(fault.Length);
                break;
            case FaultKind.AgentFreeze:
                // Half of them stand still for longer than a lease.
                worker.Freeze(fault.Strength < 0.5 ? fault.Length : fault.Length + world.Plan.Knobs.Lease);
                break;
            case FaultKind.AgentTerm:
                worker.Terminate(fault.Length);
                break;
            case FaultKind.AgentDisconnect:
                worker.Disconnect();
                break;
            case FaultKind.AgentClockStep:
                worker.StepClock(Hour * ((2 * fault.Strength) - 1));
                break;
            case FaultKind.SpoolFull:
                worker.Results.IsFull = true;
                Cluster.After(fault.Length, () => worker.Results.IsFull = false);
                break;
            default:
                throw new InvalidOperationException($"{fault.Kind} does not happen to workers.");
        }
    }
}
