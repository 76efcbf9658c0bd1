using System.Text.Json;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Events;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// Sends one live stream: a tick when something has changed, but no more often than the reader asked for.
/// </summary>
/// <param name="query">What the reader asked for.</param>
/// <param name="grains">Finds the current end of the log.</param>
/// <param name="log">Reads the events.</param>
/// <param name="tasks">Completes tasks with what events lack.</param>
/// <param name="board">Reads everything else.</param>
/// <param name="time">The clock.</param>
internal sealed class LiveTail(LiveQuery query, GatewayGrains grains, EventLog log, LiveTasks tasks, LiveBoard board, TimeProvider time)
{
    /// <summary>Maximum number of tasks in a tick.</summary>
    private const int MostTasks = 200;

    /// <summary>Maximum size of a tick in bytes; a single larger item is still sent.</summary>
    private const int MostBytes = 64 * 1024;

    private static readonly JsonEncodedText At = JsonEncodedText.Encode("at");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");

    private readonly ChangedTasks changed = new(query.Ids, MostTasks);
    private EventCursor cursor;
    private long seen;

    private string Position => new LiveCursor(cursor, board.Id, seen).ToString();

    /// <summary>
    /// Finds where to begin. Returns true if events that the reader has not seen were removed, so that the reader must
    /// start over.
    /// </summary>
    public async Task<bool> Begin(string? lastEventId, CancellationToken cancellation)
    {
        var tail = new EventTail(grains, log);
        var resumed = lastEventId is null ? null : LiveCursor.Parse(lastEventId);
        var isReset = await tail.Begin(resumed?.Events) || (lastEventId is not null && resumed is null);
        cursor = tail.Position;
        var last = (await board.Look(query.Topics, cursor, null, cancellation)).Last;
        if (lastEventId is null)
            seen = last;
        else if (!isReset && resumed!.Value.Board == board.Id && resumed.Value.Seen <= last)
            seen = resumed.Value.Seen;
        return isReset;
    }

    /// <summary>Sends ticks until cancelled.</summary>
    public async Task Run(EventStream stream, bool isReset, CancellationToken cancellation)
    {
        if (isReset)
            stream.Add("reset", Position, "{}"u8);
        else
            stream.AddPosition(Position);
        await stream.Flush();
        using var reader = log.Join(isPatient: true);
        while (true)
        {
            await stream.Beat();
            try
            {
                await Look(reader, stream, cancellation);
            }
            catch (Exception fault) when (Faults.IsPassing(fault))
            {
                // The stream stays open across a passing fault and continues from its position.
            }

            await Task.Delay(query.Every, time, cancellation);
        }
    }

    private async Task Look(EventLog.Reader reader, EventStream stream, CancellationToken cancellation)
    {
        await Gather(reader, stream, cancellation);
        var (items, last) = await board.Look(query.Topics, cursor, seen, cancellation);
        if (!query.Topics.HasFlag(LiveTopics.Tasks) || changed.IsEmpty)
        {
            if (items.Length == 0)
            {
                seen = last;
                return;
            }
        }

        var more = 0;
        var shown = query.Topics.HasFlag(LiveTopics.Tasks) ? changed.Take(out more) : [];
        if (shown.Length > 0)
            shown = await Complete(shown, cancellation);
        var json = JsonAnswer.Rent();
        Write(json, shown, more, items, last);
        stream.Add("tick", Position, json.Written);
        json.Return();
        await stream.Flush();
    }

    /// <summary>Adds what the events lack; returns the tasks unchanged if it cannot be read now.</summary>
    private async Task<LiveTask[]> Complete(LiveTask[] shown, CancellationToken cancellation)
    {
        try
        {
            return await tasks.Complete(shown, cancellation);
        }
        catch (Exception fault) when (Faults.IsPassing(fault))
        {
            return shown;
        }
    }

    /// <summary>Reads all new events.</summary>
    private async Task Gather(EventLog.Reader reader, EventStream stream, CancellationToken cancellation)
    {
        while (await reader.ReadNodes(cursor.Nodes) is { IsEmpty: false } nodes)
            cursor = cursor with { Nodes = nodes[^1].Sequence };
        while (await reader.ReadResources(cursor.Resources) is { IsEmpty: false } resources)
            cursor = cursor with { Resources = resources[^1].Sequence };
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var page = await reader.Read(cursor.Log);
            if (page.Trimmed > cursor.Log)
            {
                // The reader is so far behind that the next events were removed.
                cursor = cursor with { Log = page.Last };
                changed.Take(out _);
                stream.Add("reset", Position, "{}"u8);
                await stream.Flush();
                return;
            }

            if (page.Records.IsEmpty)
                return;
            foreach (var record in page.Records)
                Note(record);
        }
    }

    private void Note(EventRecord record)
    {
        cursor = cursor with { Log = record.Number };
        if (!query.Topics.HasFlag(LiveTopics.Tasks))
            return;
        foreach (var entry in record.Entries)
        {
            if (!entry.IsJob)
                changed.Note(entry, record.Sequence);
        }
    }

    /// <summary>Writes a tick. Board items for which there is no room are sent with the next tick.</summary>
    private void Write(JsonAnswer answer, LiveTask[] shown, int more, BoardItem[] items, long last)
    {
        var json = answer.Writer;
        json.WriteStartObject();
        TaskJson.WriteTime(json, At, time.GetUtcNow().ToUnixTimeMilliseconds());
        if (query.Topics.HasFlag(LiveTopics.Tasks))
            WriteTasks(json, shown, more);
        var room = MostBytes - (json.BytesCommitted + json.BytesPending);
        var fitting = 0;
        for (; fitting < items.Length && (room > items[fitting].Json.Length || fitting == 0); fitting++)
            room -= items[fitting].Json.Length + 1;
        seen = fitting == items.Length ? last : items[fitting - 1].Change;
        foreach (var (topic, name) in LiveQuery.Names)
        {
            var ofTopic = items.Take(fitting).Where(item => item.Topic == topic);
            if (topic == LiveTopics.Tasks)
            {
                foreach (var item in ofTopic)
                {
                    json.WritePropertyName(item.Key);
                    json.WriteRawValue(item.Json, skipInputValidation: true);
                }
            }
            else if (query.Topics.HasFlag(topic))
            {
                json.WriteStartArray(name);
                foreach (var item in ofTopic)
                    json.WriteRawValue(item.Json, skipInputValidation: true);
                json.WriteEndArray();
            }
        }

        json.WriteEndObject();
    }

    private static void WriteTasks(Utf8JsonWriter json, LiveTask[] shown, int more)
    {
        json.WriteStartArray("tasks"u8);
        foreach (var task in shown)
        {
            json.WriteStartObject();
            TaskJson.WriteId(json, Id, task.Id);
            json.WriteNumber("version"u8, task.Version);
            json.WriteString("state"u8, task.State.Name());
            json.WriteNumber("attempt"u8, task.Attempt);
            json.WriteString("node"u8, task.Node);
            json.WriteString("reason"u8, task.Reason.Name());
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("more"u8, more);
    }
}
