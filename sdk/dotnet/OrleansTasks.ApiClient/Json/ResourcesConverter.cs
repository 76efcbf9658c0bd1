using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient.Json;

/// <summary>The resources of a task as the API writes them: one object of all names.</summary>
internal sealed class ResourcesConverter : JsonConverter<TaskResources>
{
    private const string Units = "KMGT";
    private const int ShiftOfUnit = 10;

    /// <inheritdoc/>
    public override TaskResources Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("An object was expected.");
        var resources = new TaskResources();
        var others = new Dictionary<string, long>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "cpu":
                    resources = resources with { Cpu = reader.GetDouble() };
                    break;
                case "pin":
                    resources = resources with { Pin = reader.GetBoolean() };
                    break;
                case "memory":
                    resources = resources with { Memory = BytesOf(ref reader) };
                    break;
                case "gpu":
                    resources = resources with { Gpu = reader.GetInt32() };
                    break;
                default:
                    others[name] = reader.GetInt64();
                    break;
            }
        }

        return others.Count == 0 ? resources : resources with { Others = others };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TaskResources value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        if (value.Cpu is { } cpu)
            writer.WriteNumber("cpu", cpu);
        if (value.Pin is { } pin)
            writer.WriteBoolean("pin", pin);
        if (value.Memory is { } memory)
            writer.WriteNumber("memory", memory);
        if (value.Gpu is { } gpu)
            writer.WriteNumber("gpu", gpu);
        foreach (var (name, amount) in value.Others ?? new Dictionary<string, long>())
            writer.WriteNumber(name, amount);
        writer.WriteEndObject();
    }

    // A number of bytes, or a text such as 8GiB.
    private static long BytesOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.GetInt64();
        var text = reader.GetString() ?? "";
        var unit = text.Length > 3 && text.EndsWith("iB", StringComparison.Ordinal)
            ? Units.IndexOf(text[^3], StringComparison.Ordinal) : -1;
        var digits = unit < 0 ? text : text[..^3];
        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes << (ShiftOfUnit * (unit + 1))
            : throw new JsonException("Bytes, or a text such as 8GiB, were expected.");
    }
}
