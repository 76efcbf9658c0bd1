using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Storage;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Simulation.Webhooks;

/// <summary>
/// Those who have events sent to them, in a third of the runs: they make a few webhooks, pause and resume them, delete one, and
/// are the targets, which fail, are slow, or do not answer until the turmoil is over. In the end, each target must have accepted
/// every event of its types since its webhook was made, under the id that follows from the event, and nothing else.
/// </summary>
internal sealed class Subscribers
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);

    /// <summary>How long after the turmoil a call that nobody waits for any more may still reach its grain.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);
    private readonly SimCluster cluster;
    private readonly SimProcess process;
    private readonly IGrainFactory grains;
    private readonly Plan plan;
    private readonly Func<ITaskStore> log;
    private readonly INodeEventStore nodes;
    private readonly IResourceEventStore resources;
    private readonly Coverage coverage;
    private readonly Strictness strictness;
    private readonly SimRandom chance;
    private readonly SimRandom network;
    private readonly SortedDictionary<string, KnownWebhook> webhooks = new(StringComparer.Ordinal);
    private readonly int count;
    private int made;
    private int pending;

    public Subscribers(
        SimCluster cluster, SimSilo gateway, Plan plan, Func<ITaskStore> log, INodeEventStore nodes, IResourceEventStore resources,
        Coverage coverage, Strictness strictness)
    {
        (this.cluster, this.plan, this.log, this.nodes, this.resources) = (cluster, plan, log, nodes, resources);
        (this.coverage, this.strictness) = (coverage, strictness);
        (process, grains) = (gateway.NewProcess("subscribers"), gateway.Grains);
        (chance, network) = (new SimRandom(plan.Seed, "subscribers"), new SimRandom(plan.Seed, "targets"));
        count = chance.Next(3) == 0 ? chance.Next(1, 4) : 0;
    }

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    private IWebhookGrain Grain => grains.GetGrain<IWebhookGrain>(IWebhookGrain.OnlyKey);

    /// <summary>Whether everything that has happened so far has arrived.</summary>
    public bool AreDone()
    {
        if (made < count || pending > 0)
            return false;
        foreach (var webhook in webhooks.Values.Where(static webhook => !webhook.IsDeleted))
        {
            Expect(webhook);
            if (webhook.Missing.Count > 0)
                return false;
        }

        return true;
    }

    /// <summary>What has not arrived, for the message of a run that does not end.</summary>
    public override string ToString() => string.Join("; ", webhooks.Values.Select(static webhook => webhook.ToString()));

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        for (var i = 0; i < count; i++)
        {
            var id = $"hook{i}";
            process.Run(() => Live(id));
        }
    }

    /// <summary>How long a request is on its way.</summary>
    public TimeSpan Latency() => network.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(40));

    /// <summary>A target gets a request: what it answers, and after which time.</summary>
    public (int? Status, TimeSpan Takes) Receive(WebhookRequest request)
    {
        var webhook = webhooks[request.Url.Host];
        webhook.Check(request);
        foreach (var core in cluster.Silos.SelectMany(static silo => silo.Instances.OfType<WebhookGrain>()).Select(static grain => grain.Core))
        {
            Violation.Unless(core.UnderWay <= WebhookCore.MostAtOnce, $"{core.UnderWay} tries of webhooks are under way.");
            // Tries that are under way when the bound is reached may fail, too.
            Violation.Unless(
                core.Targets.All(static target => target.Open <= LiveWebhook.MostOpen + LiveWebhook.MostUnderWay),
                $"More deliveries of a webhook are open than may be.");
        }

        Violation.Unless(
            !webhook.IsDeleted || HasSeveralOwners(), $"{request.Message} was sent after the deletion of its webhook was answered.");
        var fate = Now < plan.Turmoil ? network.Next(10) : 9;
        switch (fate)
        {
            case 0:
                coverage.Fire("target is silent");
                return (null, Never);
            case < 4:
                coverage.Fire("target refuses");
                return (network.Next(2) == 0 ? 500 : 302, TimeSpan.FromMilliseconds(network.Next(1, 2_000)));
            default:
                if (!webhook.Accept(request.Message))
                    coverage.Fire("event sent again");
                return (204, TimeSpan.FromMilliseconds(network.Next(1, fate == 4 ? 3_000 : 50)));
        }
    }

    private async Task Live(string id)
    {
        await Task.Delay(chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(8)), process.Clock);
        var types = (WebhookTypes)chance.Next(1, 128);
        var webhook = webhooks[id] = new KnownWebhook(id, types) { Least = await Ends() };
        while (await Try(() => Grain.Create(id, $"http://{id}/", types)) is not { Outcome: WebhookOutcome.Done })
            await Task.Delay(Again, process.Clock);
        webhook.Expected = await Ends();
        made++;
        coverage.Fire("webhook made");
        var isToDelete = chance.Next(4) == 0;
        var isInDoubt = false;
        while (Now < plan.Turmoil)
        {
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(12)), process.Clock);
            if (Now >= plan.Turmoil)
                break;
            if (isToDelete && chance.Next(4) == 0)
            {
                await Delete(webhook);
                return;
            }

            isInDoubt |= !await Pause(id);
        }

        if (isInDoubt)
            await ResumeLate(id);
    }

    /// <summary>A call to pause that was not answered may be carried out after the one to resume: it is resumed once more.</summary>
    private async Task ResumeLate(string id)
    {
        pending++;
        await Task.Delay(plan.Turmoil + Late - Now, process.Clock);
        await Resume(id);
        pending--;
        coverage.Fire("webhook resumed again");
    }

    private async Task Delete(KnownWebhook webhook)
    {
        pending++;
        while (await Try<object>(async () => await Grain.Delete(webhook.Id)) is null)
            await Task.Delay(Again, process.Clock);
        webhook.IsDeleted = true;
        pending--;
        coverage.Fire("webhook deleted");
    }

    /// <summary>Pauses a webhook for a moment. False when nobody knows whether the call to pause was carried out.</summary>
    private async Task<bool> Pause(string id)
    {
        pending++;
        var isKnown = await Try(() => Grain.Change(id, new WebhookChange(null, null, Paused: true))) is not null;
        await Task.Delay(chance.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(4)), process.Clock);
        await Resume(id);
        pending--;
        coverage.Fire("webhook paused");
        return isKnown;
    }

    private async Task Resume(string id)
    {
        while (await Try(() => Grain.Change(id, new WebhookChange(null, null, Paused: false))) is null)
            await Task.Delay(Again, process.Clock);
    }

    /// <summary>One that was replaced may not know it yet: what it had begun to ask the store goes on for a moment.</summary>
    private bool HasSeveralOwners() => cluster.Silos.SelectMany(static silo => silo.Instances.OfType<WebhookGrain>()).Skip(1).Any();

    private void Expect(KnownWebhook webhook)
    {
        var seen = webhook.Expected;
        foreach (var record in log().ReadEventLog(seen.Log, int.MaxValue).Result.Records)
        {
            for (var i = 0; i < record.Entries.Length; i++)
                webhook.Expect(new StoredEvent(EventSource.Log, record.Number, i, record.At, record.Queue, record.Entries[i], null));
            seen = seen with { Log = record.Number };
        }

        foreach (var change in nodes.Read(seen.Nodes, int.MaxValue).Result)
        {
            webhook.Expect(new StoredEvent(EventSource.Nodes, change.Sequence, 0, change.At, null, default, change));
            seen = seen with { Nodes = change.Sequence };
        }

        foreach (var change in resources.Read(seen.Resources, int.MaxValue).Result.Events)
        {
            webhook.Expect(new StoredEvent(EventSource.Resources, change.Sequence, 0, change.At, null, default, change));
            seen = seen with { Resources = change.Sequence };
        }

        webhook.Expected = seen;
    }

    private async Task<WebhookCursor> Ends() => new(
        (await log().ReadEventLog(long.MaxValue, 1)).Last, (await nodes.Position()).Last, (await resources.Read(long.MaxValue, 1)).Last);

    private async Task<T?> Try<T>(Func<Task<T>> call)
        where T : class
    {
        try
        {
            return await call();
        }
        catch (Exception failure)
        {
            strictness.Judge("A subscriber", failure);
            return null;
        }
    }
}
