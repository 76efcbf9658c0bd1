using System.Text.Json;
using OrleansTasks.Tasks;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Which events of its types a webhook receives: those that every list lets through. An empty list lets through all
/// events, and any other only events that have one of its values; labels are the exception, of which an event must have
/// all. In a change, a list that is not set leaves the setting unchanged.
/// </summary>
/// <param name="States">Names of states.</param>
/// <param name="Names">Names of tasks, jobs, workflows and rollouts.</param>
/// <param name="Queues">Queues of tasks, jobs, workflows, rollouts and schedules, or queues themselves.</param>
/// <param name="Schedules">Schedules, and what they start.</param>
/// <param name="Labels">Labels of tasks, jobs and workflows.</param>
[GenerateSerializer, Immutable, Alias("ot.WebhookFilter")]
public sealed record WebhookFilter(
    [property: Id(0)] ImmutableArray<string> States,
    [property: Id(1)] ImmutableArray<string> Names,
    [property: Id(2)] ImmutableArray<string> Queues,
    [property: Id(3)] ImmutableArray<string> Schedules,
    [property: Id(4)] ImmutableArray<Label> Labels)
{
    /// <summary>Lets through every event.</summary>
    public static WebhookFilter All { get; } = new([], [], [], [], []);

    /// <summary>A change that leaves everything unchanged.</summary>
    public static WebhookFilter Unchanged { get; } = new(default, default, default, default, default);

    /// <summary>Whether every event passes.</summary>
    public bool IsEmpty => States.IsDefaultOrEmpty && Names.IsDefaultOrEmpty && Queues.IsDefaultOrEmpty
        && Schedules.IsDefaultOrEmpty && Labels.IsDefaultOrEmpty;

    /// <summary>Returns the filter after a change; null changes nothing.</summary>
    public WebhookFilter With(WebhookFilter? change) => change is null ? this : new WebhookFilter(
        change.States.IsDefault ? States : change.States,
        change.Names.IsDefault ? Names : change.Names,
        change.Queues.IsDefault ? Queues : change.Queues,
        change.Schedules.IsDefault ? Schedules : change.Schedules,
        change.Labels.IsDefault ? Labels : change.Labels);

    /// <summary>Writes the lists as properties of the current object, in the JSON of the HTTP contract.</summary>
    public void WriteFields(Utf8JsonWriter json)
    {
        Write("states"u8, States);
        Write("names"u8, Names);
        Write("queues"u8, Queues);
        Write("schedules"u8, Schedules);
        json.WriteStartObject("labels"u8);
        foreach (var label in Labels.IsDefault ? [] : Labels)
            json.WriteString(label.Key, label.Value);
        json.WriteEndObject();

        void Write(ReadOnlySpan<byte> name, ImmutableArray<string> texts)
        {
            json.WriteStartArray(name);
            foreach (var text in texts.IsDefault ? [] : texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
        }
    }

    /// <summary>Returns the text in which stores keep the filter; null for <see cref="All"/>.</summary>
    public string? ToStored()
    {
        if (IsEmpty)
            return null;
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            WriteFields(json);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads what <see cref="ToStored"/> returned. Lists that a later version added are ignored.</summary>
    public static WebhookFilter FromStored(string? stored)
    {
        if (stored is null)
            return All;
        using var json = JsonDocument.Parse(stored);
        return new WebhookFilter(
            Texts("states"), Texts("names"), Texts("queues"), Texts("schedules"),
            json.RootElement.TryGetProperty("labels", out var labels)
                ? [.. labels.EnumerateObject().Select(static label => new Label(label.Name, label.Value.GetString()!))]
                : []);

        ImmutableArray<string> Texts(string name) => json.RootElement.TryGetProperty(name, out var texts)
            ? [.. texts.EnumerateArray().Select(static text => text.GetString()!)]
            : [];
    }
}
