using Microsoft.Extensions.Logging;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// A worker's machine: its agent, which is the product's own and may die and come back, its processes, its disk.
/// </summary>
internal sealed class SimWorker
{
    private static readonly TimeSpan SupervisorTakes = TimeSpan.FromMilliseconds(100);
    private readonly SimCluster cluster;
    private readonly SimRandom chance;
    private readonly SimRandom chunkChance;
    private readonly IProcessWatch watch;
    private readonly Func<IReadOnlyList<NodePort>> ports;
    private readonly Strictness strictness;
    private readonly SentAhead said;
    private readonly TermReferee terms;
    private readonly int number;
    private readonly TimeSpan killMargin;
    private readonly int drift;
    private SimProcess process = null!;
    private SimProcessHost host = null!;
    private SimChannel channel = null!;
    private NodeAgent? agent;
    private bool earlierTreesDead = true;
    private int lives;
    private TimeSpan skew;

    public SimWorker(
        SimCluster cluster, int number, int slots, Plan plan, IProcessWatch watch, Func<IReadOnlyList<NodePort>> ports,
        Strictness strictness, SentAhead said, TermReferee terms)
    {
        (this.cluster, this.number, this.watch, this.ports) = (cluster, number, watch, ports);
        (this.strictness, this.said, this.terms) = (strictness, said, terms);
        (Name, Slots) = ($"w{number}", slots);
        Offers = new ResourceDraws(plan.Seed).OfferOf(number);
        killMargin = plan.KillMargin;
        drift = plan.DriftOf(new SimRandom(plan.Seed, $"drift of worker {number}"));
        chance = new SimRandom(plan.Seed, $"worker {number}");
        chunkChance = new SimRandom(plan.Seed, $"chunks of worker {number}");
    }

    public string Name { get; }

    public int Slots { get; }

    /// <summary>What it offers besides slots.</summary>
    public ResourceVector Offers { get; }

    public SimResultLog Results { get; } = new();

    public bool IsUp => agent is not null;

    /// <summary>The label that some tasks require.</summary>
    public string Zone => number % 2 == 0 ? "a" : "b";

    public void Start()
    {
        process = cluster.NewProcess($"{Name}.{++lives}");
        process.Clock.Error.Skew = skew;
        process.Clock.Error.DriftPerMillion = drift;
        host = new SimProcessHost(cluster, process, chance, chunkChance, watch, number);
        channel = new SimChannel(cluster, process, Name, chance, ports, said, terms);
        var options = new AgentOptions
        {
            NodeId = Name,
            DataFolder = "/" + Name,
            Slots = Slots,
            Resources = Offers.Amounts.ToDictionary(static one => one.Name, static one => one.Amount),
            Gpus = [.. Enumerable.Range(0, (int)Offers[ResourceName.Gpu])],
            Labels = { ["zone"] = Zone },
            KillMargin = killMargin,
            Earlier = new(earlierTreesDead),
            WaitsForName = true,
        };
        var machine = new AgentMachine(chance, "instance-of-" + Name, static _ => { }, () => Results, static () => 0.5, static () => 1 << 30, host.Evaluate)
        {
            // No command here has inputs, so nothing asks for the cache.
            Files = new FileWork(Task.FromResult<FileCache>(null!), ""),
        };
        agent = new NodeAgent(options, channel, host, process.Clock, process.Clock, machine, strictness.CreateLogger<NodeAgent>());
        process.Post(agent.Start);
    }

    /// <summary>The agent is killed; its supervisor kills what it ran and leaves a marker.</summary>
    public void Kill(TimeSpan away) => End(away, SupervisorTakes, marker: true);

    /// <summary>Everything is dead at once, and nobody was there to write a marker.</summary>
    public void LosePower(TimeSpan away) => End(away, TimeSpan.Zero, marker: false);

    /// <summary>The agent stands still; what it runs goes on.</summary>
    public void Freeze(TimeSpan length)
    {
        if (agent is null || process.IsStopped)
            return;
        watch.Froze(number);
        var mine = process;
        mine.Stop();
        cluster.After(length, () =>
        {
            if (mine.IsAlive)
                watch.Thawed(number);
            mine.Continue();
        });
    }

    /// <summary>The agent shuts down in order, and comes back.</summary>
    public void Terminate(TimeSpan away)
    {
        if (agent is not { } leaving)
            return;
        agent = null;
        var (mine, life) = (process, lives);
        mine.Run(async () =>
        {
            await leaving.StopAsync(CancellationToken.None);
            await leaving.DisposeAsync();
            if (life != lives)
                return;
            mine.Kill();
            earlierTreesDead = true;
            cluster.After(away, () => Restart(life));
        });
    }

    /// <summary>Its connection breaks.</summary>
    public void Disconnect() => process.Post(channel.Break);

    /// <summary>Its wall clock steps.</summary>
    public void StepClock(TimeSpan by) => process.Clock.Error.Skew = skew += by;

    public override string ToString() => $"{Name}.{lives}: {agent?.Describe() ?? "down"}; {host.Living} trees and chunks of {Slots}";

    public void SiloDied(SimSilo silo) => channel.SiloDied(silo);

    /// <summary>Frees what the last agent holds.</summary>
    public void Dispose() => agent?.Abandon();

    private void End(TimeSpan away, TimeSpan treesDie, bool marker)
    {
        if (agent is null)
            return;
        agent.Abandon();
        agent = null;
        if (process.IsStopped)
            watch.Thawed(number);
        process.Kill();
        host.KillAll(treesDie);
        var dead = channel;
        cluster.After(chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(3)), dead.Break);
        earlierTreesDead = marker;
        var life = lives;
        cluster.After(away + treesDie, () => Restart(life));
    }

    private void Restart(int life)
    {
        if (life == lives && agent is null)
            Start();
    }
}
