using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Queues;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Contract;

/// <summary>
/// The generated code that writes the contract's records. What is hot is written by hand instead, such as the answers
/// to submissions and the rows of tasks.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(QueueAnswer))]
[JsonSerializable(typeof(WholeList<QueueAnswer>))]
[JsonSerializable(typeof(ForecastAnswer))]
[JsonSerializable(typeof(QueueChange))]
[JsonSerializable(typeof(UploadedFileAnswer))]
[JsonSerializable(typeof(WholeList<ArchivedFileAnswer>))]
[JsonSerializable(typeof(FileNamesBody))]
[JsonSerializable(typeof(MissingFilesAnswer))]
[JsonSerializable(typeof(CursorList<StoredFileAnswer>))]
internal sealed partial class ContractJson : JsonSerializerContext
{
    /// <summary>Sends an answer.</summary>
    public static Task Send<T>(HttpContext context, T answer)
    {
        var json = JsonAnswer.Rent();
        Write(json.Writer, answer);
        return json.Send(context.Response);
    }

    /// <summary>Writes an answer or a part of one.</summary>
    public static void Write<T>(Utf8JsonWriter json, T answer) =>
        JsonSerializer.Serialize(json, answer, Of<T>.Type);

    private static class Of<T>
    {
        public static readonly JsonTypeInfo<T> Type =
            (JsonTypeInfo<T>)Default.GetTypeInfo(typeof(T))!;
    }
}
