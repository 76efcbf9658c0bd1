using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// One run of a plan, from the beginning until every task has ended, or until something does not hold.
/// </summary>
internal static class Run
{
    // A whole run has 40,000 steps at the median.
    private const int MostStepsPerSecond = 300_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a plan on this thread.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="trace">Gets a line for each step, if given; then messages are hashed too.</param>
    /// <param name="hashesMessages">Whether messages are hashed too.</param>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the run has failed of it.")]
    public static Outcome Of(Plan plan, Action<string>? trace = null, bool hashesMessages = false)
    {
        var coverage = new Coverage();
        using var world = new SimWorld(plan, coverage);
        world.Cluster.Trace.Listener = trace;
        world.Cluster.Trace.HashesArguments = hashesMessages || trace is not null;
        string? failure = null;
        try
        {
            world.Begin();
            Until(world, plan.Turmoil);
            EndTurmoil(world);
            // A large job on few slots may take long: it is waited for as long as its chunks are done.
            for (var chunks = -1; !world.IsDone && world.JobReferee.ChunksDone > chunks;)
            {
                chunks = world.JobReferee.ChunksDone;
                Until(world, world.Now + PatienceWith(world));
            }

            if (!world.IsDone)
                failure = Unfinished(world);
            else
                world.CheckFiles();
        }
        catch (Violation violation)
        {
            failure = violation.Message;
        }
        catch (SimulationException caught)
        {
            failure = caught.InnerException is Violation violation ? violation.Message : caught.ToString();
        }
        catch (Exception broken)
        {
            // What breaks the simulation itself must name its seed as well.
            failure = broken.ToString();
        }

        return new Outcome(
            plan, failure, world.Cluster.Trace.Hash, world.Cluster.Trace.Steps, world.Now, world.Store.Commits, world.Users.Accepted,
            world.JobUsers.Known.Count, world.JobReferee.ChunksDone,
            world.Referee.NodeLosses, coverage);
    }

    private static void Until(SimWorld world, TimeSpan time)
    {
        var (second, steps) = (world.Now, world.Cluster.Trace.Steps);
        while (world.Now < time && !world.IsDone)
        {
            if (!world.Cluster.Step())
                return;
            if (world.Now - second >= TimeSpan.FromSeconds(1))
                (second, steps) = (world.Now, world.Cluster.Trace.Steps);
            else if (world.Cluster.Trace.Steps - steps > MostStepsPerSecond)
                throw new Violation($"More than {MostStepsPerSecond} steps within a second from {second} on: do grains call each other endlessly?");
        }
    }

    // What has a length of its own may go on for a moment; from here on nothing new goes wrong. Clocks drift on, and stay wrong in
    // some seeds.
    private static void EndTurmoil(SimWorld world)
    {
        world.Store.ExpectNothing();
        foreach (var port in world.Ports.Where(_ => !world.Plan.StayWrong))
            port.Silo.Clock.Error.Skew = TimeSpan.Zero;
    }

    /// <summary>
    /// Five minutes, by how much the silos' clocks differ, and twice the time that the slots need for the commands that run long.
    /// </summary>
    private static TimeSpan PatienceWith(SimWorld world) =>
        Patience + world.Plan.WrongAtTheEnd + (2 * world.Users.LongWork / world.Workers.Sum(static worker => worker.Slots));

    private static string Unfinished(SimWorld world)
    {
        var open = world.Referee.Tasks.Values.Where(static task => !task.IsFinal).Take(3)
            .Select(task => $"{world.Referee.QueueOf(task.Row.Id)} {task.Row}: {string.Join(", ", task.History)}"
                + string.Concat(world.LiveDispatchers(world.Referee.QueueOf(task.Row.Id), task.Row.Id).Select(static text => $"\n    {text}")));
        var jobs = world.JobReferee.Jobs.Where(static job => job.Outcome is null).Select(job => $"\n  {job}; in memory: {string.Join("; ", world.LiveJobs(job.Draft.Id))}");
        return $"{world.Referee.Open} tasks and {world.JobReferee.Open} jobs have not ended {Patience.TotalMinutes} minutes after the last fault, or submissions were not answered"
            + $" ({world.Users.Accepted} of {world.Plan.Tasks} accepted; {string.Join(", ", world.Coverage.Counts.Where(static what => what.Key.StartsWith("submission", StringComparison.Ordinal)))}). {string.Join("\n  ", open)}\n  {string.Join("\n  ", world.Workers)}{string.Concat(jobs)}\n  {world.Subscribers}\n  {world.RolloutReferee}";
    }
}
