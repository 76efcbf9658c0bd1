using System.Text.Json;
using System.Text;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Webhooks;

/// <summary>What an event is about: a task, job, workflow, rollout, schedule, queue or node.</summary>
internal sealed record EventSubject(string? Name, string? Queue, ImmutableArray<Label> Labels)
{
    /// <summary>The most bytes of a failed task's output in an event.</summary>
    public const int MostTail = 2_048;

    /// <summary>A subject that is not stored any more.</summary>
    public static EventSubject Gone { get; } = new(null, null, []);

    /// <summary>The schedule that started it, or the schedule itself; null if there is none.</summary>
    public string? Schedule
    {
        get => field ?? Labels.FirstOrDefault(static label => label.Key == ScheduleSpec.Label).Value;
        init;
    }

    /// <summary>Why and how the task ended; null for anything but the end of a task.</summary>
    public TaskRecord? Ended { get; init; }

    /// <summary>Whether it is a queue, schedule or node, whose events say its name as their id.</summary>
    public bool IsItsOwnName { get; init; }

    /// <summary>Adds the fields to an event.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        if (!IsItsOwnName)
        {
            Write("name"u8, Name);
            Write("queue"u8, Queue);
            Write("schedule"u8, Schedule);
        }

        if (Ended is not { } task)
            return;
        Write("reason"u8, task.Reason.Name());
        if (task.ExitCode is { } code)
            json.WriteNumber("exitCode"u8, code);
        if (task.State == TaskState.Failed && !task.Tail.IsEmpty)
            json.WriteString("tail"u8, EndOf(task.Tail.Span));

        void Write(ReadOnlySpan<byte> field, string? text)
        {
            if (text is not null)
                json.WriteString(field, text);
        }
    }

    /// <summary>Returns the last characters of a text in UTF-8.</summary>
    private static string EndOf(ReadOnlySpan<byte> tail)
    {
        if (tail.Length > MostTail)
        {
            tail = tail[^MostTail..];
            // Bytes that continue a character which the cut has split.
            while (tail is [>= 0x80 and < 0xC0, ..])
                tail = tail[1..];
        }

        return Encoding.UTF8.GetString(tail);
    }
}
