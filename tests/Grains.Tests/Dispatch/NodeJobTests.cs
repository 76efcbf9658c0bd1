using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Nodes with data jobs through the whole core: when their jobs start, how their ends end the nodes, retries, cancels and
/// restarts.
/// </summary>
public sealed class NodeJobTests
{
    private const string Job = """
        {"source":{"range":{"from":0,"to":100}},"process":{"builtin":"square"},"aggregate":[{"as":"total","op":"sum"}]}
        """;

    private readonly CoreRig rig = new();

    [Fact]
    public void Begin_IsOneCommit_OfJobAndNode()
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit();
        Assert.Equal("ass", States(first, job, last));
        Assert.Empty(rig.Store.Jobs.Rows);
        rig.Exit(first);

        var (started, row) = Assert.Single(rig.Store.Jobs.Rows);
        Assert.Equal(("+ss", JobState.Running), (States(first, job, last), row.State));
        Assert.Equal((started, 0L, 0L), Stored(job));
        // The round that stored the job is the last one. After it, the job's grain is called, which cuts the chunks.
        Assert.Equal([started], rig.Last.StartedJobs);
        Assert.Equal(started, Assert.Single(rig.Last.Jobs).Id);
        Assert.Equal(started, Assert.Single(rig.Last.Workflows.ToCommit().Jobs).Job);
        var spec = JobSpecReader.ReadStored(row.Submission.Spec.Span);
        EnvironmentVariable[] env =
            [new("WORKFLOW_ID", id.ToString()), new("WORKFLOW_NODE", "job"), new("WORKFLOW_RUN", "1")];
        Assert.Equal(("job", "default", new JobPlace(id, "job")), (spec.Name, spec.Queue, spec.Workflow));
        Assert.Equal(env, spec.Env.OrderBy(static variable => variable.Name));
        Assert.Equal(JobHead.Of(spec).ToBytes(), row.Submission.Head.ToArray());
        Assert.Equal(spec.Workflow, JobHead.Read(row.Submission.Head.Span).Workflow);
        Assert.Equal("waiting-for", Assert.Single(rig.Core.Waits.Of(job).Reasons).Code);
    }

    [Theory]
    [InlineData(JobState.Succeeded, "+a", EndReason.Exit)]
    [InlineData(JobState.Failed, "-x", EndReason.JobFailed)]
    [InlineData(JobState.Cancelled, "xx", EndReason.Cancelled)]
    public void EndOfTheJob_EndsTheNode_AndDecidesWhatWaits_InTheSameCommit(JobState end, string expected, EndReason reason)
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit();
        rig.Exit(first);
        rig.Restart();
        rig.Offer("n", 4);
        var started = Started(job);
        var epoch = Ask(started, opens: true).Epoch;

        Assert.Equal(JobOutcome.Done, End(started, end, epoch).Outcome);

        Assert.Equal((1, expected, reason), (rig.Rounds, States(job, last), rig[job].Row.Reason));
        var write = rig.Last.Find(rig[job].Row.No)!;
        Assert.Equal(end == JobState.Succeeded ? "{}" : "", Encoding.UTF8.GetString((write.Result?.Value ?? default).Span));
        Assert.Equal(end, rig.Store.Jobs.Rows[started].State);
        // A grain that has heard nothing asks again: nothing is changed.
        Assert.Equal(JobOutcome.NotOpen, End(started, end, epoch).Outcome);
        if (end == JobState.Succeeded)
            rig.Exit(last);
        Assert.Equal(end == JobState.Succeeded ? WorkflowState.Succeeded : WorkflowState.Failed, State(id));
    }

    [Fact]
    public void Begin_OwnerDiesBeforeTheJobIsStored_TheNextOneStartsOneJob()
    {
        rig.Node("n", slots: 4);
        var (_, first, job, _) = Submit();
        rig.ReadsItems = false;
        rig.Exit(first);
        Assert.Equal("waiting-for", Assert.Single(rig.Core.Waits.Of(job).Reasons).Code);
        rig.Restart();
        rig.Round();
        Assert.Empty(rig.Store.Jobs.Rows);
        rig.ReadsItems = true;
        rig.Round();
        Assert.Single(rig.Store.Jobs.Rows);
        for (var restart = 0; restart < 3; restart++)
        {
            rig.Restart();
            rig.Offer("n", 4);
        }

        Assert.Equal((1, "s"), (rig.Store.Jobs.Rows.Count, States(job)));
        End(Started(job), JobState.Succeeded);
        Assert.Equal("+", States(job));
    }

    [Fact]
    public void Begin_WithoutConditions_StartsAtOnce_AndNoNodeGetsTheTask()
    {
        rig.Node("n", slots: 4);
        var (id, job) = SubmitAlone();
        Assert.Equal(("s", 1), (States(job), rig.Store.Jobs.Rows.Count));
        rig.Restart();
        rig.Offer("n", 4);
        Assert.Equal(("s", 1), (States(job), rig.Store.Jobs.Rows.Count));
        End(Started(job), JobState.Failed);
        Assert.Equal(("-", WorkflowState.Failed), (States(job), State(id)));

        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Equal(("s", 2), (States(job), rig.Store.Jobs.Rows.Count));
        Assert.Contains("\"WORKFLOW_RUN\":\"2\"", SpecOf(Started(job)), StringComparison.Ordinal);
        End(Started(job), JobState.Succeeded);
        Assert.Equal(("+", WorkflowState.Succeeded), (States(job), State(id)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Cancel_IsSentToTheJob_UntilItHasEnded(bool ofNode)
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit();
        rig.Exit(first);
        var started = Started(job);
        if (ofNode)
            Assert.Equal(ControlOutcome.Changed, rig.Cancel(job));
        else
            Cancel(id);
        // With the commit that stores that the job is to end.
        Assert.Equal([started], rig.Last.CancelledJobs);
        Assert.Equal((started, rig.Now), (Started(job), Stored(job).StoppedAt));
        if (ofNode)
            Assert.Equal(ControlOutcome.Unchanged, rig.Cancel(job));
        Assert.Empty(rig.Round().CancelledJobs);
        Assert.True(rig.Core.NextTime <= rig.Now + 2_000);
        Assert.Equal([started], rig.Advance(2_000).CancelledJobs);
        rig.Restart(withFleet: false);
        Assert.Equal([started], rig.Round().CancelledJobs);
        rig.Offer("n", 4);
        // The job's grain has heard nothing of it, and ends the job otherwise.
        End(started, JobState.Cancelled);
        Assert.Equal("xx", States(job, last));
        Assert.Empty(rig.Advance(10_000).CancelledJobs);
        Assert.Equal(ofNode ? WorkflowState.Failed : WorkflowState.Cancelled, State(id));
    }

    [Fact]
    public void Cancel_JobThatSucceedsAllTheSame_NodeHasSucceeded()
    {
        rig.Node("n", slots: 4);
        var (_, first, job, last) = Submit();
        rig.Exit(first);
        rig.Cancel(job);
        End(Started(job), JobState.Succeeded);
        Assert.Equal("+a", States(job, last));
    }

    [Fact]
    public void Cancel_BeforeTheJobIsStarted_EndsAtOnce_AndStartsNone()
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit();
        rig.ReadsItems = false;
        rig.Exit(first);
        Cancel(id);
        rig.ReadsItems = true;
        rig.Round();
        Assert.Equal(("+xx", 0), (States(first, job, last), rig.Store.Jobs.Rows.Count));
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Equal(("+ss", 1), (States(first, job, last), rig.Store.Jobs.Rows.Count));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Retry_RunsAnotherJob_AndTheOldOneConcernsNobody(bool restarts)
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit();
        rig.Exit(first);
        var old = Started(job);
        var epoch = Ask(old, opens: true).Epoch;
        End(old, JobState.Failed, epoch);
        Assert.Equal("-x", States(job, last));
        if (restarts)
            rig.Restart();
        rig.ReadsItems = false;
        Assert.Equal(WorkflowOutcome.Done, Retry(id));
        Assert.Equal(((TaskId?)null, 0L, 0L), Stored(job));
        if (restarts)
            rig.Restart();
        rig.ReadsItems = true;
        rig.Round();

        var next = Started(job);
        Assert.True(next != old && rig.Store.Jobs.Rows.Count == 2);
        Assert.Equal(JobOutcome.NotOpen, End(old, JobState.Failed, epoch).Outcome);
        Assert.Equal("ss", States(job, last));
        rig.Offer("n", 4);
        End(next, JobState.Succeeded);
        Assert.Equal("+a", States(job, last));
    }

    [Fact]
    public void OnFailureCancel_EndsWithTheJob()
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit(FailureRule.Cancel, withOther: true);
        rig.Exit(first);
        End(Started(job), JobState.Failed);
        Assert.Equal("-x", States(job, last));
        var other = rig.Store.Tasks.Values.Single(static task => task.Submission.WorkflowNode == "other").Row;
        Assert.NotEqual(0, rig.LeaseOf(other.Id).Attempt);
        rig.End(rig.LeaseOf(other.Id), EndReason.Cancelled, signal: "TERM");
        Assert.Equal(WorkflowState.Failed, State(id));
    }

    [Fact]
    public void Recovery_JobEndsBeforeWaitingTasksAreRead_EndsItsNode()
    {
        rig.Node("n", slots: 4);
        var (_, first, job, last) = Submit();
        rig.Exit(first);
        var started = Started(job);
        rig.RestartUnread(job);
        // The new owner has read nothing but the open job, its workflow and the own task of the node.
        var epoch = Ask(started, opens: true).Epoch;
        Assert.Equal(JobOutcome.Done, End(started, JobState.Succeeded, epoch).Outcome);
        Assert.Equal("+", States(job));
        rig.ReadRest();
        rig.Core.ClearHorizon();
        rig.Offer("n", 4);
        Assert.Equal("a", States(last));
    }

    [Fact]
    public void Begin_SpecThatCannotBeRead_FailsTheNode()
    {
        rig.Node("n", slots: 4);
        var (id, first, job, last) = Submit(spec: "{}");
        rig.Exit(first);
        Assert.Equal(("+-x", EndReason.JobFailed, 0), (States(first, job, last), rig[job].Row.Reason, rig.Store.Jobs.Rows.Count));
        Assert.Equal(WorkflowState.Failed, State(id));
    }

    private static TaskSubmission AsJob(TaskSubmission task, TaskId workflow, string node, string? spec = null) => task with
    {
        WorkflowNode = node, IsJob = true,
        Spec = spec is not null
            ? Encoding.UTF8.GetBytes(spec)
            : NodeJobText.WriteTask(
                Encoding.UTF8.GetBytes(Job), workflow, node, TaskSpecReader.ReadStored("{\"cmd\":\"x\",\"name\":\"job\"}"u8, default), []),
    };

    private (TaskId Id, TaskId First, TaskId Job, TaskId Last) Submit(
        FailureRule rule = FailureRule.Continue, bool withOther = false, string? spec = null)
    {
        var id = rig.Submission().Id;
        var first = rig.Submission() with { WorkflowNode = "first" };
        var job = AsJob(rig.Submission(), id, "job", spec) with { After = [new(first.Id, EndCondition.Succeeded)] };
        var last = rig.Submission() with { WorkflowNode = "last", After = [new(job.Id, EndCondition.Succeeded)] };
        var outline = new WorkflowOutline("w", rule, [],
        [
            new OutlineNode("first", false, []),
            new OutlineNode("job", false, [new WorkflowEdge(0, EndCondition.Succeeded)]) { IsJob = true },
            new OutlineNode("last", false, [new WorkflowEdge(1, EndCondition.Succeeded)]),
        ]);
        ImmutableArray<TaskSubmission> tasks = [first, job, last];
        if (withOther)
        {
            tasks = tasks.Add(rig.Submission() with { WorkflowNode = "other" });
            outline = outline with { Nodes = outline.Nodes.Add(new OutlineNode("other", false, [])) };
        }

        Accept(id, tasks, outline);
        return (id, first.Id, job.Id, last.Id);
    }

    private (TaskId Id, TaskId Job) SubmitAlone()
    {
        var id = rig.Submission().Id;
        var job = AsJob(rig.Submission(), id, "job");
        Accept(id, [job], new WorkflowOutline("w", FailureRule.Continue, [], [new OutlineNode("job", false, []) { IsJob = true }]));
        return (id, job.Id);
    }

    private void Accept(TaskId id, ImmutableArray<TaskSubmission> tasks, WorkflowOutline outline)
    {
        var request = new SubmitRequest(tasks, id, null) { Workflow = new WorkflowStart(id, outline.Write()) };
        rig.Round((core, draft) => core.Accept(request, null, rig.Now, draft));
    }

    private (TaskId? Job, long StoppedAt, long AggregateBytes) Stored(TaskId node) =>
        rig.Store.Workflows.Jobs[rig[node].Row.No] is var row ? (row.Job, row.StoppedAt, row.AggregateBytes) : default;

    private TaskId Started(TaskId node) => Stored(node).Job!.Value;

    private string SpecOf(TaskId job) => Encoding.UTF8.GetString(rig.Store.Jobs.Rows[job].Submission.Spec.Span);

    private JobReply End(TaskId job, JobState state, long? epoch = null)
    {
        ReadOnlyMemory<byte> aggregate = state == JobState.Succeeded ? "{}"u8.ToArray() : default;
        return Ask(new JobRequest(
            job, epoch ?? Ask(job, opens: true).Epoch, Opens: false,
            new JobWrite(state, 1, 2, 0, false, null, ReadOnlyMemory<byte>.Empty, null, [])
            {
                Aggregate = aggregate, AggregateBytes = aggregate.Length,
            },
            Chunks: [], StopsChunks: false, Idempotency: null, Window: 0));
    }

    private JobReply Ask(TaskId job, bool opens) => Ask(new JobRequest(
        job, Epoch: 0, opens, Write: null, Chunks: [], StopsChunks: false, Idempotency: null, Window: 0));

    private JobReply Ask(JobRequest request)
    {
        JobReply? reply = null;
        rig.Round((core, draft) => reply = core.AskJob(request, null, rig.Now, draft));
        return reply!;
    }

    private WorkflowState State(TaskId id) => rig.Store.Workflows.Rows.Values.Single(row => row.Id == id).State;

    // s scheduled, q queued, a at a node, + succeeded, - failed, x cancelled.
    private string States(params TaskId[] tasks) => string.Concat(tasks.Select(task => "sqaa+-x"[(int)rig.State(task)]));

    private void Cancel(TaskId id) => rig.Round((core, draft) => core.Workflows.Cancel(id, null, rig.Now, draft));

    private WorkflowOutcome Retry(TaskId id)
    {
        var reply = WorkflowReply.Done;
        var stored = rig.Store.Workflows.Read(id, rig.Queue, rig.Store.Tasks);
        rig.Round((core, draft) => reply = core.Workflows.Retry(stored, null, rig.Now, draft));
        return reply.Outcome;
    }
}
