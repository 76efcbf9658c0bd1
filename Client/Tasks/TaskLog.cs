using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Sends a task's log to one reader: both streams of an attempt in the order of their arrival, then the next attempt.
/// </summary>
/// <param name="reader">Reads output.</param>
/// <param name="refresh">Reads the task as a row; null if it is gone.</param>
/// <param name="stream">Receives the events.</param>
/// <param name="task">The task as last read, as a row: a thousand readers may follow tasks whose specs have a megabyte.</param>
/// <param name="position">The position to begin at.</param>
/// <param name="time">The clock.</param>
/// <param name="only">The attempt to end with; null: the latest, and those that come.</param>
internal sealed class TaskLog(
    ITaskReaderGrain reader, Func<Task<TaskRecord?>> refresh, EventStream stream, TaskRecord task, LogPosition position, TimeProvider time, int? only = null)
{
    private const int PageSize = 64 * 1024;
    private static readonly TimeSpan QuickestLook = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan SlowestLook = TimeSpan.FromSeconds(1);

    private static readonly JsonEncodedText ArrivedAt = JsonEncodedText.Encode("at");

    private TaskRecord task = task;
    private LogPosition position = position;
    private ArrivalOrder order = new();

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
        var (isGone, isStale) = (false, true);
        var read = time.GetTimestamp();
        while (true)
        {
            await stream.Beat();
            try
            {
                // Read the state before the output: once it is final, all output is stored. Not with each look, because
                // the store reads a spec of a megabyte with it.
                if (isStale || time.GetElapsedTime(read) >= TaskWaits.SafetyPeriod)
                {
                    isGone = !await Refresh();
                    (isStale, read) = (false, time.GetTimestamp());
                }

                if (await Advance() || NextAttempt())
                {
                    look = QuickestLook;
                    continue;
                }

                if (isGone || task.State.IsFinal() || only < task.Attempt)
                    break;
            }
            catch (Exception fault) when (fault is ProblemException || Faults.IsPassing(fault))
            {
                // The stream stays open across a passing fault, or while there is no room to read the task, and continues
                // from its position.
                (look, isStale) = (SlowestLook, true);
            }

            var changed = await watch.Changed(look < stream.UntilComment ? look : stream.UntilComment, cancellation);
            isStale |= changed;
            look = changed ? QuickestLook : TimeSpan.FromTicks(Math.Min(look.Ticks * 2, SlowestLook.Ticks));
        }

        await End();
    }

    private async Task<bool> Refresh()
    {
        if (await refresh() is not { } now)
            return false;
        task = now;
        return true;
    }

    /// <summary>
    /// Sends the next page of each stream, in the order in which the bytes arrived; returns false if there is none now.
    /// </summary>
    private async Task<bool> Advance()
    {
        var stdout = await Page(OutputStream.Stdout, position.Stdout);
        var stderr = await Page(OutputStream.Stderr, position.Stderr);
        if (!stdout.HasMore(position.Stdout) && !stderr.HasMore(position.Stderr))
            return false;
        await ReadMarks();
        var began = position;
        while (order.Next(position, stdout.HasMore(position.Stdout), stderr.HasMore(position.Stderr)) is var (stream, end, at))
        {
            // If the bytes that arrived first are not in their page, the next page has them.
            if (stream == OutputStream.Stdout ? !Send(ref stdout, stream, end, at) : !Send(ref stderr, stream, end, at))
                break;
        }

        if (position == began)
            return false;
        await stream.Flush();
        return true;
    }

    /// <summary>Moves on to the next attempt; returns false if there is none yet, or only one is shown.</summary>
    private bool NextAttempt()
    {
        if (position.Attempt >= (only ?? task.Attempt))
            return false;
        position = new LogPosition(position.Attempt + 1, 0, 0);
        order = new ArrivalOrder();
        return true;
    }

    private async Task<LogPage> Page(OutputStream which, long offset)
    {
        if (position.Attempt == 0)
            return default;
        var page = await reader.ReadOutput(task.Id, position.Attempt, which, offset, PageSize);
        return page is null || page.Bytes.IsEmpty
            ? default
            : new LogPage(offset, page.Bytes, page.Length, page.Ended && page.Offset + page.Bytes.Length >= page.Length);
    }

    private async Task ReadMarks()
    {
        while (await reader.ReadOutput(task.Id, position.Attempt, OutputStream.Marks, order.Length, PageSize) is { Bytes.IsEmpty: false } page)
        {
            order.Add(page.Bytes.Span);
            if (order.Length >= page.Length)
                break;
        }
    }

    /// <summary>
    /// Sends a page's bytes up to an offset, or to the end of the page. Returns false if there are none to send, because the
    /// page has ended or ends in the middle of a character.
    /// </summary>
    private bool Send(ref LogPage page, OutputStream which, long end, long? at)
    {
        var offset = which == OutputStream.Stdout ? position.Stdout : position.Stderr;
        var bytes = page.Bytes.Span[(int)(offset - page.Offset)..];
        var length = (int)Math.Min(bytes.Length, end - offset);
        var whole = WholeCharacters(bytes[..length]);
        // A character in two arrivals belongs to the first one.
        while (whole < length && length < bytes.Length)
            whole = WholeCharacters(bytes[..++length]);
        length = page.IsLast && length == bytes.Length ? length : whole;
        if (length == 0)
        {
            // The rest of the character has not been written yet, which holds up only this stream.
            page = page with { IsHeldUp = page.Offset + page.Bytes.Length >= page.Length };
            return page.IsHeldUp;
        }

        position = which == OutputStream.Stdout
            ? position with { Stdout = offset + length }
            : position with { Stderr = offset + length };
        AddChunk(which, offset, bytes[..length], at);
        return true;
    }

    private void AddChunk(OutputStream which, long offset, ReadOnlySpan<byte> bytes, long? at)
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
        if (at is not null)
            TaskJson.WriteTime(json.Writer, ArrivedAt, at);
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

    /// <summary>A part of a stream as it was read.</summary>
    /// <param name="Offset">The offset of the first byte.</param>
    /// <param name="Bytes">The bytes.</param>
    /// <param name="Length">The stream's length.</param>
    /// <param name="IsLast">Whether the stream ends with these bytes for good.</param>
    private readonly record struct LogPage(long Offset, ReadOnlyMemory<byte> Bytes, long Length, bool IsLast)
    {
        /// <summary>Whether the rest of the page waits for more bytes.</summary>
        public bool IsHeldUp { get; init; }

        /// <summary>Whether the stream has bytes from a position on, in this page or behind it.</summary>
        public bool HasMore(long position) => !IsHeldUp && position < Length;
    }
}
