using OrleansTasks.Events;
using OrleansTasks.Feed;
using OrleansTasks.Tasks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Grains.Tests.Webhooks;

/// <summary>Which events pass a webhook's filter.</summary>
public sealed class WebhookFilterTests
{
    private static readonly EventSubject Backup =
        new("backup", "etl", [new Label("schedule", "nightly"), new Label("team", "data")]);

    [Theory]
    [InlineData("", true)]
    [InlineData("states=failed", true)]
    [InlineData("states=succeeded", false)]
    [InlineData("states=succeeded,failed", true)]
    [InlineData("queues=etl", true)]
    [InlineData("queues=default", false)]
    [InlineData("names=backup", true)]
    [InlineData("names=back", false)]
    [InlineData("names=other,backup", true)]
    [InlineData("schedules=nightly", true)]
    [InlineData("schedules=hourly", false)]
    [InlineData("labels=team:data", true)]
    [InlineData("labels=team:web", false)]
    [InlineData("labels=team:data,other:1", false)]
    [InlineData("states=failed;queues=etl;names=backup;schedules=nightly;labels=team:data", true)]
    [InlineData("states=queued;queues=etl;names=backup;schedules=nightly", false)]
    [InlineData("states=failed;queues=other;names=backup;schedules=nightly", false)]
    public void Wants_ATasksFailure_IfEveryListHasIt(string filter, bool isWanted)
    {
        var choice = new EventChoice(WebhookTypes.Task, FilterOf(filter));

        Assert.Equal(isWanted, Wants(choice, TaskEvent(TaskState.Failed, "etl"), Backup));
        Assert.False(Wants(choice with { Types = WebhookTypes.Job }, TaskEvent(TaskState.Failed, "etl"), Backup));
    }

    [Theory]
    [InlineData("queues=etl", ResourceKind.Queue, "etl", true)]
    [InlineData("queues=etl", ResourceKind.Queue, "other", false)]
    [InlineData("queues=etl", ResourceKind.Workflow, "w", true)]
    [InlineData("schedules=nightly", ResourceKind.Queue, "nightly", false)]
    [InlineData("schedules=nightly", ResourceKind.Workflow, "w", true)]
    public void Wants_AnEventOfAResource_ByItsQueueAndSchedule(string filter, ResourceKind kind, string id, bool isWanted)
    {
        var choice = new EventChoice(WebhookTypes.Queue | WebhookTypes.Workflow, FilterOf(filter));
        var subject = kind == ResourceKind.Queue ? new EventSubject(id, id, []) { IsItsOwnName = true } : Backup;

        Assert.Equal(isWanted, Wants(choice, Resource(kind, id), subject));
    }

    [Fact]
    public void Wants_WithStatesAndQueuesAlone_ReadsNothing()
    {
        var choice = new EventChoice(WebhookTypes.Task, FilterOf("states=failed;queues=etl"));

        Assert.True(choice.Wants(TaskEvent(TaskState.Failed, "etl")));
        Assert.False(choice.Wants(TaskEvent(TaskState.Queued, "etl")));
        // Nor does a name of another queue's task.
        Assert.False(new EventChoice(WebhookTypes.Task, FilterOf("queues=etl;names=x")).Wants(TaskEvent(TaskState.Failed, "other")));
    }

    [Fact]
    public void Wants_WhatIsNotStoredAnyMore_OnlyIfNothingOfItIsAsked()
    {
        Assert.False(Wants(new EventChoice(WebhookTypes.Task, FilterOf("names=backup")), TaskEvent(TaskState.Failed, "etl"), EventSubject.Gone));
        Assert.True(Wants(new EventChoice(WebhookTypes.Task, FilterOf("queues=etl")), TaskEvent(TaskState.Failed, "etl"), EventSubject.Gone));
    }

    [Fact]
    public void Stored_EveryList_IsReadBack()
    {
        var filter = FilterOf("states=failed;queues=etl;names=a \" \u00e9;schedules=nightly;labels=team:data");

        Assert.Equal(filter.ToStored(), WebhookFilter.FromStored(filter.ToStored()).ToStored());
        Assert.Equal("a \" \u00e9", Assert.Single(WebhookFilter.FromStored(filter.ToStored()).Names));
        Assert.Null(WebhookFilter.All.ToStored());
        Assert.True(WebhookFilter.FromStored(null).IsEmpty);
    }

    [Fact]
    public void With_AChangeOfOneList_KeepsTheOthers()
    {
        var changed = FilterOf("states=failed;queues=etl").With(WebhookFilter.Unchanged with { Queues = [], Names = ["x"] });

        Assert.Equal("failed", Assert.Single(changed.States));
        Assert.Empty(changed.Queues);
        Assert.Equal("x", Assert.Single(changed.Names));
    }

    [Fact]
    public void Change_OfTheFilter_SendsWhatWasReadAndNotSent_ByTheNewOne()
    {
        var rig = new WebhookRig();
        var target = rig.Add("a");
        rig.Happen(LiveWebhook.MostUnderWay + 3);
        var sent = rig.Start().Select(WebhookRig.TaskOf).ToList();
        Assert.Equal(LiveWebhook.MostUnderWay, sent.Count);

        target.Change(target.Preview(target.Row with { Filter = FilterOf("states=queued") }));
        foreach (var delivery in target.Pending.ToArray())
            rig.End(delivery);
        sent.AddRange(rig.Start().Select(WebhookRig.TaskOf));

        Assert.Equal(rig.AllTasks().Order(), sent.Order());
    }

    [Fact]
    public void Change_OfTheFilter_LeavesOutWhatItDoesNotLetThrough()
    {
        var rig = new WebhookRig();
        var target = rig.Add("a");
        rig.Happen(LiveWebhook.MostUnderWay + 3);
        foreach (var delivery in rig.Start())
            rig.End(delivery);
        rig.Happen();

        target.Change(target.Preview(target.Row with { Filter = FilterOf("states=failed") }));

        Assert.Empty(rig.Start());
        rig.Store();
        rig.Restart();
        Assert.Empty(rig.Start());
    }

    private static bool Wants(EventChoice choice, StoredEvent found, EventSubject subject) =>
        choice.Wants(found) ?? choice.WantsAbout(subject);

    private static StoredEvent TaskEvent(TaskState state, string queue) =>
        new(EventSource.Log, 1, 0, 1, queue, new FeedEntry(new TaskId(1, 1), state, 1), null);

    private static StoredEvent Resource(ResourceKind kind, string id) =>
        new(EventSource.Resources, 1, 0, 1, null, default, new ResourceEvent(1, 1, kind, id, ResourceState.Changed));

    /// <summary>Reads a filter written as <c>states=a,b;labels=k:v</c>.</summary>
    private static WebhookFilter FilterOf(string text)
    {
        var lists = text.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split('='))
            .ToDictionary(static part => part[0], static part => part[1].Split(','));
        return new WebhookFilter(List("states"), List("names"), List("queues"), List("schedules"),
            [.. List("labels").Select(static label => new Label(label.Split(':')[0], label.Split(':')[1]))]);

        ImmutableArray<string> List(string name) => [.. lists.GetValueOrDefault(name) ?? []];
    }
}
