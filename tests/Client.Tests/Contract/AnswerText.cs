using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>The JSON of answers.</summary>
internal static class AnswerText
{
    /// <summary>Returns what the service sends for an answer.</summary>
    public static string Of<T>(T answer) => Of(json => ContractJson.Write(json, answer));

    /// <summary>Returns what is written.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        var json = JsonAnswer.Rent();
        write(json.Writer);
        return Encoding.UTF8.GetString(json.ToArray());
    }
}
