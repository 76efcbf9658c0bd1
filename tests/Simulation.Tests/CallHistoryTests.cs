using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Tests;

/// <summary>The history finds answers that no version of the task in the call's interval makes true.</summary>
public sealed class CallHistoryTests
{
    private static readonly TaskId Id = new TaskIdSource(TimeProvider.System, new Random(1)).Next();
    private readonly CallHistory history = new();

    [Fact]
    public void Read_OfAVersionOlderThanTheCall_IsAViolation()
    {
        Commit(TaskState.Queued);
        Commit(TaskState.Running);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Read(call, Record(TaskState.Queued)));
    }

    [Fact]
    public void Read_OfAVersionCommittedDuringTheCall_Holds()
    {
        Commit(TaskState.Queued);
        var call = history.Begin(Id);
        Commit(TaskState.Running);
        history.Read(call, Record(TaskState.Queued));
        history.Read(call, Record(TaskState.Running));
        Assert.Throws<Violation>(() => history.Read(call, Record(TaskState.Succeeded)));
    }

    [Fact]
    public void Read_ThatGoesBackBehindAnEarlierRead_IsAViolation()
    {
        Commit(TaskState.Queued);
        var first = history.Begin(Id);
        Commit(TaskState.Running);
        history.Read(first, Record(TaskState.Running));
        var second = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Read(second, Record(TaskState.Queued)));
    }

    [Fact]
    public void Read_ThatFindsNothing_IsAViolationUnlessTheTaskWasRemoved()
    {
        Commit(TaskState.Succeeded);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Read(call, null));
        history.Removed(Id);
        history.Read(call, null);
        Assert.Throws<Violation>(() => history.Read(history.Begin(Id), Record(TaskState.Succeeded)));
    }

    [Fact]
    public void Cancel_AnsweredAsDoneBeforeItIsStored_IsAViolation()
    {
        Commit(TaskState.Running);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Cancelled(call, ControlOutcome.Changed));
        Commit(TaskState.Running, cancelRequestedAt: 7);
        history.Cancelled(call, ControlOutcome.Changed);
    }

    [Fact]
    public void Cancel_AnsweredAsDoneThoughAnEarlierOneDidIt_IsAViolation()
    {
        Commit(TaskState.Running);
        Commit(TaskState.Running, cancelRequestedAt: 7);
        var call = history.Begin(Id);
        history.Cancelled(call, ControlOutcome.Unchanged);
        Assert.Throws<Violation>(() => history.Cancelled(call, ControlOutcome.Changed));
    }

    [Fact]
    public void Cancel_AnsweredAsNotOpenWhileTheTaskRuns_IsAViolation()
    {
        Commit(TaskState.Running);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Cancelled(call, ControlOutcome.NotOpen));
        Commit(TaskState.Succeeded);
        history.Cancelled(call, ControlOutcome.NotOpen);
    }

    [Fact]
    public void Retry_AnsweredAsDone_HasQueuedTheTaskAgain()
    {
        Commit(TaskState.Failed);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Retried(call, ControlOutcome.Changed, passesOver: false));
        Assert.Throws<Violation>(() => history.Retried(call, ControlOutcome.NotRetryable, passesOver: false));
        Commit(TaskState.Queued, order: 2);
        history.Retried(call, ControlOutcome.Changed, passesOver: false);
        history.Retried(call, ControlOutcome.NotRetryable, passesOver: false);
    }

    [Fact]
    public void Why_WithReasonsForATaskThatHasEnded_IsAViolation()
    {
        Commit(TaskState.Queued);
        history.Explained(history.Begin(Id), new WhyReply([new WaitReason("no-slots", "")], null));
        Commit(TaskState.Succeeded);
        var call = history.Begin(Id);
        history.Explained(call, WhyReply.None);
        Assert.Throws<Violation>(() => history.Explained(call, new WhyReply([new WaitReason("no-slots", "")], null)));
    }

    [Fact]
    public void Cancel_AcceptedByTheGatewayThoughNobodyCancelled_IsAViolation()
    {
        Commit(TaskState.Running);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Cancelled(call));
        Assert.Throws<Violation>(() => history.Refused(call, "task-finished"));
        Assert.Throws<Violation>(() => history.Refused(call, "internal-error"));
        history.Refused(call, "outcome-unknown");
        Commit(TaskState.Running, cancelRequestedAt: 7);
        history.Cancelled(call);
    }

    [Fact]
    public void Retry_AcceptedByTheGatewayThoughTheTaskStaysEnded_IsAViolation()
    {
        Commit(TaskState.Failed);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Retried(call));
        Commit(TaskState.Queued, order: 2);
        history.Retried(call);
    }

    [Fact]
    public void Answer_OfAReplacedOwner_MayBeOlderThanTheCall()
    {
        var answers = 0;
        var counted = 0;
        (history.AnswersOfReplaced, history.AnsweredByReplaced) = (_ => answers, () => counted++);
        Commit(TaskState.Running);
        var call = history.Begin(Id);
        Assert.Throws<Violation>(() => history.Cancelled(call, ControlOutcome.NotOpen));
        answers++;
        history.Cancelled(call, ControlOutcome.NotOpen);
        Assert.Equal(1, counted);
        Assert.Throws<Violation>(() => history.Cancelled(history.Begin(Id), ControlOutcome.NotOpen));
        Assert.Throws<Violation>(() => history.Read(call, Record(TaskState.Queued)));
    }

    private static TaskRecord Record(TaskState state) => new(
        Id, "t", "default", 5, state, 1, null, null, null, null, null, null, EndReason.None, null, 0, 0, false, default, [], default, null);

    private void Commit(TaskState state, long cancelRequestedAt = 0, long order = 1) => history.Committed(
        new TaskRow { No = 1, Id = Id, State = state, Order = order, Attempt = 1, CancelRequestedAt = cancelRequestedAt },
        hasSecrets: false);
}
