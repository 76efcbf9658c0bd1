using System.Text;
using System.Text.Unicode;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Sends a task's log to one reader: both streams of an attempt, then those of the next attempt.</summary>
/// <param name="reader">Reads output.</param>
/// <param name="stream">Receives the events.</param>
/// <param name="task">The task as last read.</param>
/// <param name="position">The position to begin at.</param>
internal sealed class TaskLog(ITaskReaderGrain reader, EventStream stream, TaskRecord task, LogPosition position)
{
    private const int PageSize = 64 * 1024;
    private static readonly TimeSpan QuickestLook = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SlowestLook = TimeSpan.FromSeconds(1);

    private TaskRecord task = task;
    private LogPosition position = position;

    /// <summary>Sends all output so far, then the end event.</summary>
    public async Task Show()
    {
        while (await Advance() || NextAttempt())
        {
        }

        await End();
    }

    /// <summary>Sends all output, including that of later attempts, until the task has ended.</summary>
    public async Task Follow(TaskWaits waits, CancellationToken cancellation)
    {
        using var watch = await waits.Watch(task);
        var look = QuickestLook;
        while (true)
        {
            await stream.Beat();
            try
            {
                // Read the state before the output: once it is final, all output is stored.
                var isGone = !await Refresh();
                if (await Advance() || NextAttempt())
                {
                    look = QuickestLook;
                    continue;
                }

                if (isGone || task.State.IsFinal())
                    break;
            }
            catch (Exception fault) when (Faults.IsPassing(fault))
            {
                // The stream stays open across a passing fault and continues from its position.
                look = SlowestLook;
            }

            var changed = await watch.Changed(look < stream.UntilComment ? look : stream.UntilComment, cancellation);
            look = changed ? QuickestLook : TimeSpan.FromTicks(Math.Min(look.Ticks * 2, SlowestLook.Ticks));
        }

        await End();
    }

    private async Task<bool> Refresh()
    {
        if (await reader.Get(task.Id) is not { } now)
            return false;
        task = now;
        return true;
    }

    /// <summary>Sends the next piece of each stream; returns false if there is none now.</summary>
    private async Task<bool> Advance()
    {
        var stdout = await Send(OutputStream.Stdout, position.Stdout);
        var stderr = await Send(OutputStream.Stderr, position.Stderr);
        if (stdout + stderr == 0)
            return false;
        await stream.Flush();
        return true;
    }

    /// <summary>Moves on to the next attempt; returns false if there is none yet.</summary>
    private bool NextAttempt()
    {
        if (position.Attempt >= task.Attempt)
            return false;
        position = new LogPosition(position.Attempt + 1, 0, 0);
        return true;
    }

    private async Task<int> Send(OutputStream which, long offset)
    {
        if (position.Attempt == 0)
            return 0;
        var page = await reader.ReadOutput(task.Id, position.Attempt, which, offset, PageSize);
        if (page is null || page.Bytes.IsEmpty)
            return 0;
        var isLast = page.Ended && page.Offset + page.Bytes.Length >= page.Length;
        var length = isLast ? page.Bytes.Length : WholeCharacters(page.Bytes.Span);
        if (length == 0)
            return 0;
        position = which == OutputStream.Stdout
            ? position with { Stdout = offset + length }
            : position with { Stderr = offset + length };
        AddChunk(which, offset, page.Bytes.Span[..length]);
        return length;
    }

    private void AddChunk(OutputStream which, long offset, ReadOnlySpan<byte> bytes)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("stream"u8, which == OutputStream.Stdout ? "stdout"u8 : "stderr"u8);
        json.Writer.WriteNumber("offset"u8, offset);
        if (Utf8.IsValid(bytes))
            json.Writer.WriteString("text"u8, bytes);
        else
            json.Writer.WriteString("text"u8, Encoding.UTF8.GetString(bytes));
        json.Writer.WriteNumber("attempt"u8, position.Attempt);
        json.Writer.WriteEndObject();
        stream.Add(null, position.ToString(), json.Written);
        json.Return();
    }

    private async Task End()
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("state"u8, task.State.Name());
        json.Writer.WriteNumber("attempt"u8, task.Attempt);
        json.Writer.WriteString("reason"u8, task.Reason.Name());
        json.Writer.WriteEndObject();
        stream.Add("end", position.ToString(), json.Written);
        json.Return();
        await stream.Flush();
    }

    /// <summary>Returns the number of bytes before an incomplete character at the end.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            // A UTF-8 continuation byte, 10xxxxxx.
            if ((lead & 0b1100_0000) == 0b1000_0000)
                continue;
            var needs = lead switch
            {
                // ASCII, or not a lead byte.
                < 0xC2 or > 0xF4 => 1,
                < 0xE0 => 2,
                < 0xF0 => 3,
                _ => 4,
            };
            return needs > back ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }
}
