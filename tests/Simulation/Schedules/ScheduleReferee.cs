using OrleansTasks.Jobs;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Schedules;

/// <summary>
/// Looks at what every commit says of schedules: each time is recorded once and none is left out, none starts early, overlap is
/// kept, no time is started twice, and an occurrence changes in the commit in which its task, job or workflow begins or
/// ends; no schedule starts a job without an occurrence.
/// </summary>
internal sealed class ScheduleReferee(Coverage coverage)
{
    private readonly Dictionary<(int QueueNo, long No), KnownSchedule> schedules = [];
    private readonly Dictionary<TaskId, OccurrenceRow> open = [];
    private readonly HashSet<TaskId> started = [];

    /// <summary>A commit is on the disk.</summary>
    public void Committed(QueueCommit commit)
    {
        if (commit.Schedules is { } changes)
            Apply(commit, changes);
        foreach (var write in commit.Writes)
        {
            if (write.Row.State.IsFinal() && open.TryGetValue(write.Row.Id, out var row))
                throw new Violation($"{write.Row.Id} ended, and its occurrence did not: {row}");
        }

        foreach (var workflow in commit.Workflows?.Rows ?? [])
        {
            if (workflow.State != WorkflowState.Running && open.TryGetValue(workflow.Id, out var row))
                throw new Violation($"The workflow {workflow.Id} ended, and its occurrence did not: {row}");
        }

        foreach (var job in commit.Jobs)
        {
            if (job.Write.State.IsFinal() && open.TryGetValue(job.Id, out var row))
                throw new Violation($"The job {job.Id} ended, and its occurrence did not: {row}");
            var isScheduled = job.Write.New?.Labels.Any(static label => label.Key == ScheduleSpec.Label) == true;
            Violation.Unless(
                !isScheduled || started.Contains(job.Id), $"The job {job.Id} began without an occurrence.");
        }
    }

    private void Apply(QueueCommit commit, ScheduleCommit changes)
    {
        foreach (var body in changes.Bodies)
        {
            var createdAt = changes.Rows.Single(row => row.No == body.No).CreatedAt;
            var known = Known(commit, body.No);
            // Times that had come when the schedule was replaced go by the plan before.
            (known.Before, known.Plan) = (known.Plan, ScheduleSpecReader.ReadStored(body.Spec.Span).PlanOf(createdAt));
        }

        // Ends first: what waited for them may start in the same commit.
        foreach (var row in changes.Occurrences.Where(static row => row.State is not null))
            Ended(commit, row);
        foreach (var row in changes.Occurrences.Where(static row => row.State is null).OrderBy(static row => row.No))
            Recorded(commit, Known(commit, row.Schedule), row);
        foreach (var row in changes.Rows)
        {
            var known = Known(commit, row.No);
            (known.Version, known.Before) = (row.Version, null);
        }
    }

    private KnownSchedule Known(QueueCommit commit, long no)
    {
        if (!schedules.TryGetValue((commit.QueueNo, no), out var schedule))
            schedules.Add((commit.QueueNo, no), schedule = new KnownSchedule());
        return schedule;
    }

    private void Ended(QueueCommit commit, OccurrenceRow row)
    {
        var isOpen = open.Remove(row.StartedId!.Value, out var before);
        Violation.Unless(isOpen && before!.No == row.No, $"An occurrence ended that was not open: {row}");
        Known(commit, row.Schedule).Open.Remove(row.No);
        var state = row.Job is { } job ? commit.Jobs.LastOrDefault(one => one.Id == job)?.Write.State.ToEvent()
            : row.Workflow is { } workflow
                ? commit.Workflows?.Rows.SingleOrDefault(one => one.Id == workflow)?.State.ToTaskState()
            : commit.Writes.SingleOrDefault(write => write.Row.Id == row.Task)?.Row.State;
        // A workflow may end and be retried in one commit.
        var isAgain = row.Workflow is not null && state == TaskState.Running;
        Violation.Unless(state == row.State || isAgain, $"{row} ended by what is {state}.");
        var what = row.Job is not null ? "job" : row.Workflow is not null ? "workflow" : "task";
        coverage.Fire($"occurrence of a {what} ended as {row.State}".ToLowerInvariant());
    }

    private void Recorded(QueueCommit commit, KnownSchedule schedule, OccurrenceRow row)
    {
        schedule.Rows.TryGetValue(row.No, out var before);
        schedule.Rows[row.No] = row;
        if (row.Kind == OccurrenceKind.Time)
            Follows(schedule, before, row, commit.Schedules!);
        coverage.Fire($"occurrence {row.Outcome}".ToLowerInvariant());
        if (row.Outcome != OccurrenceOutcome.Started)
            return;
        var isFirst = row.Kind == OccurrenceKind.Trigger || schedule.Started.Add(row.At);
        Violation.Unless(isFirst, $"{row} was started before: by a backfill or by the schedule itself.");
        var id = row.StartedId!.Value;
        Violation.Unless(started.Add(id), $"{id} was started by two occurrences.");
        var isAccepted =
            row.Task is not null ? commit.Writes.Any(write => write.Row.Id == id && write.New is not null)
            : row.Job is not null ? commit.Jobs.Any(job => job.Id == id && job.Write.New is not null)
            : commit.Workflows?.Rows.Any(one => one.Id == id && commit.Workflows.Outlines.ContainsKey(one.No)) == true;
        Violation.Unless(isAccepted, $"{row} was started without its task, job or workflow.");
        // What waited may start after the clock was set back; a backfill's range goes by the clock of who asked.
        Violation.Unless(
            before is not null || row.Kind != OccurrenceKind.Time || row.StartedAt >= row.At, $"{row} started early.");
        if (row.Kind == OccurrenceKind.Time && !schedule.AllowsOverlap)
            Violation.Unless(schedule.Open.Count == 0, $"{row} started while {schedule.Open.Count} were open.");
        schedule.Open.Add(row.No);
        open.Add(id, row);
    }

    // Unless a user has changed the schedule, the first time of a record is the next one after the record before.
    private static void Follows(KnownSchedule schedule, OccurrenceRow? before, OccurrenceRow row, ScheduleCommit changes)
    {
        if (before is not null && before.Count == row.Count)
            return;
        var first = before is null ? row.At : schedule.Plan!.Times.Next(before.Until)!.Value;
        Violation.Unless(first > schedule.Last, $"{row} comes after {schedule.Last} was recorded.");
        var isChanged = changes.Rows.Any(changed => changed.No == row.Schedule && changed.Version != schedule.Version);
        if (schedule.Last != 0 && !isChanged && schedule.LastVersion == schedule.Version)
        {
            var next = schedule.Plan!.Times.Next(schedule.Last);
            Violation.Unless(first == next, $"{row} follows {schedule.Last}, and the next time is {next}: times were left out.");
        }

        (schedule.Last, schedule.LastVersion) = (row.Until, isChanged ? -1 : schedule.Version);
    }

    private sealed class KnownSchedule
    {
        public SchedulePlan? Plan { get; set; }

        /// <summary>The plan before this commit, if the commit replaces it.</summary>
        public SchedulePlan? Before { get; set; }

        public bool AllowsOverlap => Plan!.Overlap == Overlap.Allow || Before?.Overlap == Overlap.Allow;

        public long Version { get; set; }

        /// <summary>The last time that is recorded, and the version of the schedule then; -1 if it changed with it.</summary>
        public long Last { get; set; }

        public long LastVersion { get; set; }

        public Dictionary<long, OccurrenceRow> Rows { get; } = [];

        public HashSet<long> Open { get; } = [];

        /// <summary>The times that were started. Planners never ask for a time again.</summary>
        public HashSet<long> Started { get; } = [];
    }
}
