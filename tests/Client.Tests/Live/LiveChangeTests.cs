using OrleansTasks.Client.Events;
using OrleansTasks.Client.Live;
using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Live;

/// <summary>What ticks have: changed tasks, items of the board, positions.</summary>
public sealed class LiveChangeTests
{
    private static readonly Func<string, byte[]> Gone = static _ => "gone"u8.ToArray();

    [Fact]
    public void Take_MoreThanATickHas_HasTheWatchedAndTheLast()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var watched = Enumerable.Range(0, random.Next(4)).Select(static i => Id(i)).ToHashSet();
            var changed = new ChangedTasks(watched, most: 5);
            var last = new Dictionary<TaskId, long>();
            for (var i = 1; i <= random.Next(1, 30); i++)
            {
                var id = Id(random.Next(12));
                last.Remove(id);
                last[id] = i;
                changed.Note(new FeedEntry(id, TaskState.Running, 1), i);
            }

            var taken = changed.Take(out var more);

            var expected = last.OrderByDescending(one => watched.Contains(one.Key)).ThenByDescending(static one => one.Value).Take(5)
                .OrderBy(static one => one.Value).Select(static one => (one.Key, one.Value));
            Assert.Equal(expected, taken.Select(static task => (task.Id, task.Version)));
            Assert.Equal(last.Count - taken.Length, more);
            Assert.True(changed.IsEmpty);
        }
    }

    [Fact]
    public void After_RandomReadings_GivesEachReaderWhatIsThere()
    {
        var random = new Random(5);
        var board = new BoardChanges();
        var shown = new Dictionary<string, string>();
        var there = new Dictionary<string, string>();
        var seen = 0L;
        for (var step = 0; step < 500; step++)
        {
            if (random.Next(3) == 0)
                there.Remove($"{random.Next(6)}");
            else
                there[$"{random.Next(6)}"] = $"m{random.Next(3)}";
            board.Set(LiveTopics.Queues, [.. there.Select(static one => Item(one.Key, one.Value))], Gone);
            if (random.Next(3) > 0)
                continue;
            // A tick may have room for a part only.
            var items = board.After(seen, LiveTopics.Queues);
            Assert.Equal(items.OrderBy(static item => item.Change), items);
            foreach (var item in items.Take(random.Next(1, 9)))
            {
                seen = item.Change;
                if (item.Json.AsSpan().SequenceEqual("gone"u8))
                    shown.Remove(item.Key);
                else
                    shown[item.Key] = item.Mark;
            }

            if (seen == board.Last)
                Assert.Equal(there.OrderBy(static one => one.Key), shown.OrderBy(static one => one.Key));
        }
    }

    [Fact]
    public void After_TheSameAgain_IsNothing()
    {
        var board = new BoardChanges();
        board.Set(LiveTopics.Nodes, [Item("a", "1")], Gone);
        var seen = board.Last;
        board.Set(LiveTopics.Nodes, [Item("a", "1")], Gone);
        Assert.Equal(seen, board.Last);
        Assert.Empty(board.After(seen, LiveTopics.Nodes));
        Assert.Empty(board.After(0, LiveTopics.Queues));
    }

    [Fact]
    public void Cursor_Text_ComesBack()
    {
        var cursor = new LiveCursor(new EventCursor(3, 0x1234, 7), 0xfedcba98, 0x55);
        Assert.Equal(cursor, LiveCursor.Parse(cursor.ToString()));
        Assert.All((string[])["", ".", "..", "a.b.c", $"{cursor.Events}", $"{cursor}.1", $"{cursor.Events}.fedcba98.-1"], static text =>
            Assert.Null(LiveCursor.Parse(text)));
    }

    private static TaskId Id(int n) => new(1, (ulong)n);

    private static BoardItem Item(string key, string mark) =>
        new(LiveTopics.Queues, key, mark, System.Text.Encoding.UTF8.GetBytes(mark)) { Topic = key == "a" ? LiveTopics.Nodes : LiveTopics.Queues };
}
