using OrleansTasks.Audit;
using OrleansTasks.Calendars;
using OrleansTasks.Storage.Calendars;

namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of calendars must do.</summary>
public abstract class CalendarStoreConformance
{
    protected abstract ICalendarStore Store { get; }

    protected abstract IAuditStore Audit { get; }

    [Fact]
    public async Task Put_Calendars_AreReadBackAndListedByName()
    {
        var b = Calendar("b") with { Edges = [.. Enumerable.Range(-4_000, 8_000).Select(static n => n * 86_400_000L)] };
        Assert.True(await Store.Put(b, null));
        Assert.True(await Store.Put(Calendar("a") with { Version = 7, Edges = [] }, null));

        Assert.Equal([new CalendarHead("a", 7, 5), new CalendarHead("b", 1, 5)], await Store.Heads());
        var read = (await Store.Find("b"))!;
        Assert.Equal((b.Version, b.ChangedAt, b.KnownUntil), (read.Version, read.ChangedAt, read.KnownUntil));
        Assert.Equal(b.Edges, read.Edges);
        Assert.Equal(b.Spec.ToArray(), read.Spec.ToArray());
        Assert.Empty((await Store.Find("a"))!.Edges);
        Assert.Null(await Store.Find("c"));
    }

    [Fact]
    public async Task Put_InPlaceOfAnotherVersion_ChangesNothing()
    {
        await Store.Put(Calendar("a") with { Version = 2 }, null);

        Assert.False(await Store.Put(Calendar("a") with { Version = 3 }, null));
        Assert.False(await Store.Put(Calendar("a") with { Version = 3 }, 1));
        Assert.False(await Store.Put(Calendar("b"), 1));
        Assert.Equal([new CalendarHead("a", 2, 5)], await Store.Heads());
        Assert.True(await Store.Put(Calendar("a") with { Version = 3 }, 2));
        Assert.Equal([new CalendarHead("a", 3, 5)], await Store.Heads());
    }

    [Fact]
    public async Task Delete_ACalendarInUse_ChangesNothing_UntilTheUseIsForgotten()
    {
        await Store.Put(Calendar("a"), null);
        var use = new CalendarUse("a", CalendarUserKind.Schedule, "nightly", "default");
        Assert.Empty(await Store.Use([use, use with { Kind = CalendarUserKind.Queue, Id = "default" }, use]));

        Assert.False(await Store.Delete("a", 1));
        Assert.Equal([use, use with { Kind = CalendarUserKind.Queue, Id = "default" }], await Store.Uses("a"));
        await Store.Forget([use, use with { Kind = CalendarUserKind.Queue, Id = "default" }]);
        Assert.False(await Store.Delete("a", 2));
        Assert.True(await Store.Delete("a", 1));
        Assert.Null(await Store.Find("a"));
    }

    [Fact]
    public async Task Use_OfACalendarThatIsMissing_AddsNothing()
    {
        await Store.Put(Calendar("a"), null);

        Assert.Equal(["b", "c"], await Store.Use(
        [
            new CalendarUse("c", CalendarUserKind.Schedule, "s", "q"), new CalendarUse("a", CalendarUserKind.Schedule, "s", "q"),
            new CalendarUse("b", CalendarUserKind.Schedule, "s", "q"),
        ]));
        Assert.Empty(await Store.Uses("a"));
    }

    [Fact]
    public async Task Changes_AreRecorded_RefusedOnesAreNot()
    {
        await Store.Put(Calendar("a"), null, Record(1, AuditActions.PutCalendar));
        await Store.Put(Calendar("a"), null, Record(2, AuditActions.PutCalendar));
        await Store.Delete("a", 9, Record(3, AuditActions.DeleteCalendar));
        await Store.Delete("a", 1, Record(4, AuditActions.DeleteCalendar));

        Assert.Equal(2, await Audit.Count(AuditClass.Settings));
    }

    [Fact]
    public async Task Put_ACalendarAgainAfterItsDeletion_IsSeenByThoseWhoKnewTheFirst()
    {
        var book = CalendarSet.Empty;
        Assert.True(await Store.Put(Calendar("again") with { Edges = [1, 2] }, null));
        book = await book.Renew(await Store.Heads(), Store.Find);
        Assert.True(await Store.Delete("again", 1));
        Assert.True(await Store.Put(Calendar("again") with { ChangedAt = 6, Edges = [3, 4] }, null));
        book = await book.Renew(await Store.Heads(), Store.Find);
        Assert.True(book.TryFind("again", out var times));
        Assert.Equal((false, true), (times.At(1).IsIn, times.At(3).IsIn));
    }

    private static CalendarView Calendar(string name) => new(name, 1, 5, """{"days":["2026-12-24"]}"""u8.ToArray(), [1, 2], 9);

    private static AuditRecord Record(ulong id, string action) => new(new Origin(new TaskId(1, id), action, "a"), 5, 1);
}
