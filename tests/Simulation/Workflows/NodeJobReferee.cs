using OrleansTasks.Jobs;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Workflows;

/// <summary>
/// Checks nodes with data jobs from the commits alone: a job starts only when what its node waits for has ended, and in the
/// commit that names it; a node has one job in each run of its workflow; the node and the job end in one commit, alike; a
/// node that succeeds has the job's aggregate as its result.
/// </summary>
/// <param name="tasks">The tasks as they are after the commit.</param>
/// <param name="jobs">The jobs as they are after the commit.</param>
/// <param name="coverage">What happened.</param>
internal sealed class NodeJobReferee(IReadOnlyDictionary<TaskId, KnownTask> tasks, JobReferee jobs, Coverage coverage)
{
    private readonly Dictionary<(int QueueNo, long No), WorkflowRow> workflows = [];
    private readonly Dictionary<(int QueueNo, long Node), Known> nodes = [];
    private readonly Dictionary<TaskId, Known> byTask = [];
    private readonly Dictionary<TaskId, Known> byJob = [];

    // Tasks that have ended once. One may have been retried since, by somebody who retried a single node.
    private readonly HashSet<TaskId> ended = [];

    /// <summary>The job of a node's own task; null when none was started in this run.</summary>
    public TaskId? JobOf(TaskId task) => byTask.GetValueOrDefault(task)?.Row?.Job;

    /// <summary>What the job of a succeeded node's own task came to; nothing of any other.</summary>
    public ReadOnlyMemory<byte> AggregateOf(TaskId task) =>
        JobOf(task) is { } job && tasks[task].Row.State == TaskState.Succeeded ? jobs.Find(job).Outcome!.Aggregate : default;

    /// <summary>A commit is on the disk; the tasks are as it has made them, and the jobs not yet.</summary>
    public void Before(QueueCommit commit)
    {
        foreach (var row in commit.Workflows?.Rows ?? [])
            workflows[(commit.QueueNo, row.No)] = row;
        foreach (var write in commit.Writes)
        {
            if (write.New is { IsJob: true })
                nodes[(commit.QueueNo, write.Row.No)] = byTask[write.Row.Id] = new Known(write.Row.Id);
            if (write.Row.State.IsFinal())
                ended.Add(write.Row.Id);
        }

        foreach (var row in commit.Workflows?.Jobs ?? [])
            Take(nodes[(commit.QueueNo, row.Node)], row, commit);
    }

    /// <summary>The jobs are as the commit has made them, too.</summary>
    public void After(QueueCommit commit)
    {
        foreach (var job in commit.Jobs.Where(static job => job.Write.State.IsFinal()))
        {
            if (byJob.Remove(job.Id, out var node))
                CheckEnd(node, job, commit);
        }

        foreach (var write in commit.Writes)
        {
            if (!write.Row.State.IsFinal() || !byTask.TryGetValue(write.Row.Id, out var node))
                continue;
            Violation.Unless(
                write.Row.Attempt == 0 && (node.Row?.Job is not { } job || !byJob.ContainsKey(job)),
                $"{write.Row} has ended, and its job {node.Row?.Job} has not.");
        }
    }

    private void Take(Known node, NodeJobRow row, QueueCommit commit)
    {
        var before = node.Row;
        node.Row = row;
        if (row.Job is not { } job)
        {
            Violation.Unless(
                before?.Job is not { } old || !byJob.ContainsKey(old), $"{node.Id} forgot its job {before?.Job}, which runs.");
            return;
        }

        if (job != before?.Job)
            CheckStart(node, job, commit);
        if (row.StoppedAt == 0 || before?.StoppedAt == row.StoppedAt)
            return;
        coverage.Fire("node job stopped");
        jobs.Find(job).CancelAsked = true;
    }

    private void CheckStart(Known node, TaskId job, QueueCommit commit)
    {
        var task = tasks[node.Id];
        var run = workflows.First(one => one.Key.QueueNo == commit.QueueNo && one.Value.Has(task.Row.No)).Value.Run;
        Violation.Unless(
            node.Row is { StoppedAt: 0 } && node.Runs.Add(run), $"{node.Id} starts {job}, a further job of run {run}.");
        Violation.Unless(
            commit.Jobs.Any(one => one.Id == job && one.Write.New is not null), $"{node.Id} starts {job}, which is not stored.");
        Violation.Unless(task.Row.State == TaskState.Scheduled, $"{node.Id} starts {job}, and is {task.Row.State}.");
        foreach (var one in task.Submission.After ?? [])
        {
            Violation.Unless(
                one.On == EndCondition.Succeeded ? tasks[one.Task].Row.State == TaskState.Succeeded : ended.Contains(one.Task),
                $"{node.Id} starts {job}, and waits for {one.Task} {one.On}, which is {tasks[one.Task].Row.State}.");
        }

        byJob.Add(job, node);
        coverage.Fire(run == 1 ? "node job started" : "node job of a later run");
    }

    private void CheckEnd(Known node, JobCommit job, QueueCommit commit)
    {
        var (row, state) = (tasks[node.Id].Row, job.Write.State);
        Violation.Unless(
            commit.Writes.Any(write => write.Row.Id == node.Id) && row.State == state.ToEvent()
                && row.Reason == (state == JobState.Failed ? EndReason.JobFailed
                    : state == JobState.Cancelled ? EndReason.Cancelled : EndReason.Exit),
            $"{job.Id} is {state}, and its node is {row}.");
        coverage.Fire("node job " + state.Name());
        if (state != JobState.Succeeded)
            return;
        var value = commit.Writes.First(write => write.Row.Id == node.Id).Result?.Value ?? default;
        var aggregate = jobs.Find(job.Id).Outcome!.Aggregate;
        Violation.Unless(
            aggregate.Length > JobWrite.MostAggregate ? value.IsEmpty : value.Span.SequenceEqual(aggregate.Span),
            $"{job.Id} has left {value.Length} bytes of another aggregate than its own.");
        Violation.Unless(node.Row!.AggregateBytes == aggregate.Length, $"{node.Id} has {node.Row}, and {aggregate.Length} bytes.");
    }

    private sealed class Known(TaskId id)
    {
        public TaskId Id => id;

        public NodeJobRow? Row { get; set; }

        /// <summary>The runs in which a job was started.</summary>
        public HashSet<int> Runs { get; } = [];
    }
}
