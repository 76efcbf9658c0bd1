using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient.Json;

/// <summary>Patterns of artifacts: a text, or an object with <c>path</c>, <c>optional</c> and <c>on</c>.</summary>
internal sealed class ArtifactPatternConverter : JsonConverter<ArtifactPattern>
{
    /// <inheritdoc/>
    public override ArtifactPattern Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new ArtifactPattern(reader.GetString()!);
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A pattern was expected.");
        var (path, optional, on) = ("", (bool?)null, (string?)null);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "path")
                path = reader.GetString() ?? "";
            else if (name == "optional")
                optional = reader.GetBoolean();
            else if (name == "on")
                on = reader.GetString();
            else
                reader.Skip();
        }

        return new ArtifactPattern(path, optional, on);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ArtifactPattern value, JsonSerializerOptions options)
    {
        if (value is { Optional: null, On: null })
        {
            writer.WriteStringValue(value.Path);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("path", value.Path);
        if (value.Optional is { } optional)
            writer.WriteBoolean("optional", optional);
        if (value.On is { } on)
            writer.WriteString("on", on);
        writer.WriteEndObject();
    }
}
