using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Queues;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Simulation;

/// <summary>The shell of a dispatcher: rounds, commits that can fail, recovery by pages, hints after the commit.</summary>
internal sealed class SimDispatcher(SimWorld world, PartitionKey key)
{
    private const int Page = 5;

    public PartitionKey Key => key;

    private bool isRead;

    public ModelStore Store { get; } = new();

    public DispatchCore Core { get; private set; } = null!;

    public long NextTime => Core.NextTime;

    public int Commits { get; private set; }

    public void Begin()
    {
        Take();
        Ask();
    }

    /// <summary>One round. False: it is not known to have happened, and a new owner is at work.</summary>
    public bool Round(Action<DispatchCore, CommitDraft> apply)
    {
        var core = Core;
        var draft = new CommitDraft();
        apply(core, draft);
        core.Tick(world.Now, draft);
        core.Match(world.Now, draft);
        if (!draft.IsEmpty)
        {
            if (world.Happens(world.Faults.CommitLoss))
                return TakeOver();
            Store.Apply(draft, core, isRead);
            Commits++;
            world.CheckSlots();
            if (world.Happens(world.Faults.CommitLandsUnseen))
                return TakeOver();
        }

        Publish(core, draft);
        return true;
    }

    /// <summary>As the operation does: a task that recovery has not read yet is read first.</summary>
    public void Cancel(TaskId id) => Round((core, draft) =>
    {
        if (!Store.Tasks[id].Row.State.IsFinal())
            core.Load(Store.Tasks[id].Open, world.Now);
        core.Cancel(id, world.Now, draft);
    });

    private bool TakeOver()
    {
        Take();
        return false;
    }

    private void Publish(DispatchCore core, CommitDraft draft)
    {
        foreach (var commands in draft.Commands)
        {
            var batch = commands.ToBatch();
            var node = world.Nodes.Single(node => node.Name == commands.Node);
            world.Hint(() => node.Deliver(batch));
        }

        foreach (var (name, demand) in core.TakeDemands(world.Now))
        {
            var node = world.Nodes.Single(node => node.Name == name);
            world.Hint(() => node.Want(demand));
        }
    }

    private void Take()
    {
        Store.Epoch++;
        Core = new DispatchCore(key, Store.Epoch, Store.LastNo, world.Options, world.Randomness);
        foreach (var leased in Store.Leased.ToArray())
            Core.Load(leased, world.Now);
        Core.SetHorizon(10, 0);
        isRead = false;
        Read(Core, 10, 0);
        world.Hint(() => Round((core, draft) => core.FleetChanged(world.Fleet(), world.Now, draft)));
    }

    private void Read(DispatchCore core, int priority, long order) => world.After(1, () =>
    {
        if (core != Core)
            return;
        OpenTask[] page =
        [
            .. Store.Waiting
                .Where(task => task.Priority < priority || (task.Priority == priority && task.Row.Order > order)).Take(Page),
        ];
        foreach (var task in page)
            core.Load(task, world.Now);
        if (page.Length < Page)
        {
            core.ClearHorizon();
            isRead = true;
            Round(static (_, _) => { });
            return;
        }

        core.SetHorizon(page[^1].Priority, page[^1].Row.Order);
        Read(core, page[^1].Priority, page[^1].Row.Order);
    });

    /// <summary>Housekeeping: what the fleet did not tell, or what got lost, is asked for.</summary>
    private void Ask() => world.After(10_000, () =>
    {
        Round((core, draft) => core.FleetChanged(world.Fleet(), world.Now, draft));
        Ask();
    });
}
