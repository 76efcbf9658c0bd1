using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansTasks.Handlers;

/// <summary>How an attempt ended.</summary>
public sealed class AttemptResult
{
    private AttemptResult(int exitCode, ReadOnlyMemory<byte> value, string? message) =>
        (ExitCode, Value, Message) = (exitCode, value, message);

    /// <summary>The attempt succeeded.</summary>
    public static AttemptResult Succeeded { get; } = new(0, default, null);

    /// <summary>0 if the attempt succeeded; 1 to 255 otherwise.</summary>
    public int ExitCode { get; }

    /// <summary>The JSON that the task leaves as its result, in UTF-8; empty for none.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>A line for standard error; null for none.</summary>
    internal string? Message { get; }

    /// <summary>Returns that the attempt succeeded and leaves a result of at most 64 KiB of JSON.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">How to write it.</param>
    /// <remarks>The result counts only if the task has <c>"result": true</c>, as nodes of workflows have.</remarks>
    public static AttemptResult WithValue<T>(T value, JsonTypeInfo<T> type) =>
        new(0, JsonSerializer.SerializeToUtf8Bytes(value, type), null);

    /// <summary>Returns that the attempt succeeded and leaves a result that is JSON already.</summary>
    public static AttemptResult WithJson(string json)
    {
        ArgumentException.ThrowIfNullOrEmpty(json);
        return new(0, Encoding.UTF8.GetBytes(json), null);
    }

    /// <summary>Returns that the attempt failed. The task's retry policy decides by the exit code.</summary>
    /// <param name="message">A line for standard error; null for none.</param>
    /// <param name="exitCode">1 to 255.</param>
    public static AttemptResult Failed(string? message = null, int exitCode = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(exitCode, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exitCode, 255);
        return new(exitCode, default, message);
    }
}
