using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace OrleansTasks.ApiClient.Json;

/// <summary>Settings in a change: null is the default.</summary>
internal sealed class SettingConverter<T> : JsonConverter<Setting<T>>
{
    /// <inheritdoc/>
    public override Setting<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JsonSerializer.Deserialize(ref reader, TypeIn(options))!;

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Setting<T> value, JsonSerializerOptions options)
    {
        if (value.IsDefault)
            writer.WriteNullValue();
        else
            JsonSerializer.Serialize(writer, value.Value!, TypeIn(options));
    }

    private static JsonTypeInfo<T> TypeIn(JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
}
