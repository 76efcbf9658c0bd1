using System.Text;
using System.Text.Unicode;
using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>Converts the end of a process to the result that the master receives.</summary>
internal static class AttemptResults
{
    /// <summary>The maximum output of both streams together that is sent within a result, in bytes.</summary>
    internal const int InlineLimit = 16 * 1024;

    /// <summary>The maximum size of the arrival marks in a result, in bytes.</summary>
    internal const int MarksLimit = 16 * 1024;

    /// <summary>
    /// Returns the result of an attempt that ended; with marks if it carries the output. One that was killed for its lease has the reason node-lost.
    /// </summary>
    internal static Result Of(Lease lease, ProcessOutcome outcome, ReadOnlyMemory<byte>? inlineMarks)
    {
        var (output, error) = (outcome.StandardOutput, outcome.StandardError);
        var inline = inlineMarks is not null;
        var result = new Result
        {
            Lease = lease,
            Reason = Reason(outcome.Reason),
            Signal = outcome.Signal ?? "",
            RunTimeMs = Math.Max(0, (long)(outcome.EndedAt - outcome.StartedAt).TotalMilliseconds),
            CpuTimeUs = (long)outcome.CpuTime.TotalMicroseconds,
            MaxRssBytes = outcome.MaxResidentBytes ?? 0,
            StdoutBytes = output.KeptBytes,
            StderrBytes = error.KeptBytes,
            Truncated = outcome.Truncated,
            Tail = OutputTail.Of(outcome),
            Inline = inline,
            Value = UnsafeByteOperations.UnsafeWrap(outcome.Result),
        };
        if (outcome.ExitCode is { } code)
            result.ExitCode = code;
        if (outcome.Artifacts is { } artifacts)
            (result.ArtifactCount, result.ArtifactBytes) = (artifacts.Files.Count, artifacts.TotalBytes);
        if (inline)
        {
            result.Stdout = UnsafeByteOperations.UnsafeWrap(output.Head);
            result.Stderr = UnsafeByteOperations.UnsafeWrap(error.Head);
            result.Marks = UnsafeByteOperations.UnsafeWrap(inlineMarks!.Value);
        }

        return result;
    }

    /// <summary>
    /// Returns the result of an attempt that ran and was killed with its node, or at the master's request.
    /// </summary>
    internal static Result Lost(Lease lease, ProcessOutcome outcome) => new()
    {
        Lease = lease,
        Reason = Result.Types.Reason.NodeLost,
        RunTimeMs = Math.Max(0, (long)(outcome.EndedAt - outcome.StartedAt).TotalMilliseconds),
        Inline = true,
    };

    /// <summary>Returns the result of an attempt that could not even be passed to the system.</summary>
    internal static Result NotStarted(Lease lease, string message) => new()
    {
        Lease = lease,
        Reason = Result.Types.Reason.SpawnFailed,
        Tail = ByteString.CopyFromUtf8(message),
        Inline = true,
    };

    /// <summary>Returns the result of a chunk whose evaluation was stopped by a cancel or its lease's end.</summary>
    internal static Result ChunkStopped(Lease lease, bool leaseLapsed) => new()
    {
        Lease = lease,
        Reason = leaseLapsed ? Result.Types.Reason.NodeLost : Result.Types.Reason.Cancelled,
        Inline = true,
    };

    /// <summary>
    /// Returns the result to report after the master rejected the real one: the same end and value without the output.
    /// A chunk is reported as failed, since its report is all that it produced.
    /// </summary>
    internal static Result Plain(Result result, string reason)
    {
        var plain = new Result
        {
            Lease = result.Lease,
            Reason = result.Reason is Result.Types.Reason.None ? Result.Types.Reason.NodeLost : result.Reason,
            RunTimeMs = Math.Max(0, result.RunTimeMs),
            Inline = true,
            Truncated = true,
            Value = result.Value,
        };
        if (result.HasArtifactCount)
            (plain.ArtifactCount, plain.ArtifactBytes) = (result.ArtifactCount, result.ArtifactBytes);
        if (result.HasExitCode)
            plain.ExitCode = result.ExitCode;
        plain.Signal = result.Signal;
        if (result.Report.IsEmpty && !result.HasCollected)
            return plain;
        plain.Truncated = false;
        plain.ExitCode = 1;
        plain.Report = UnsafeByteOperations.UnsafeWrap(
            ChunkReport.OfFailure("chunk-failed", "The master rejected the worker's report of this chunk: " + reason, null));
        return plain;
    }

    /// <summary>
    /// Returns the marks to send with the output in the result, or null if the output does not fit into a result.
    /// </summary>
    internal static ReadOnlyMemory<byte>? InlineMarks(ProcessOutcome outcome, OutputBuffer? output) =>
        outcome.StandardOutput.KeptBytes + outcome.StandardError.KeptBytes <= InlineLimit
            ? output is null ? default(ReadOnlyMemory<byte>) : output.InlineMarks
            : null;

    private static Result.Types.Reason Reason(ProcessEndReason reason) => reason switch
    {
        ProcessEndReason.Exit => Result.Types.Reason.Exit,
        ProcessEndReason.Signal => Result.Types.Reason.Signal,
        ProcessEndReason.Timeout => Result.Types.Reason.Timeout,
        ProcessEndReason.Cancelled => Result.Types.Reason.Cancelled,
        ProcessEndReason.SpawnFailed => Result.Types.Reason.SpawnFailed,
        ProcessEndReason.OutOfMemory => Result.Types.Reason.OutOfMemory,
        ProcessEndReason.CpuTime => Result.Types.Reason.CpuTime,
        ProcessEndReason.BadResult => Result.Types.Reason.BadResult,
        ProcessEndReason.Killed => Result.Types.Reason.NodeLost,
        ProcessEndReason.FileUnavailable => Result.Types.Reason.FileUnavailable,
        ProcessEndReason.ImageUnavailable => Result.Types.Reason.ImageUnavailable,
        ProcessEndReason.ArtifactMissing => Result.Types.Reason.ArtifactMissing,
        ProcessEndReason.ArtifactTooLarge => Result.Types.Reason.ArtifactTooLarge,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Unknown reason."),
    };
}

/// <summary>Creates the text that shows how an attempt's output ended.</summary>
internal static class OutputTail
{
    /// <summary>Returns the end of both streams, standard output first, then the system's message, as UTF-8.</summary>
    internal static ByteString Of(ProcessOutcome outcome)
    {
        var output = Text(outcome.StandardOutput);
        var error = Text(outcome.StandardError);
        var message = MessageOf(outcome, hasOutput: output.Length + error.Length > 0);
        if (error.IsEmpty && message.Length == 0)
            return UnsafeByteOperations.UnsafeWrap(output);
        return UnsafeByteOperations.UnsafeWrap((byte[])[.. output.Span, .. error.Span, .. message]);
    }

    private static byte[] MessageOf(ProcessOutcome outcome, bool hasOutput) =>
        outcome.Message is { } words ? Encoding.UTF8.GetBytes(hasOutput ? "\n" + words : words) : [];

    private static ReadOnlyMemory<byte> Text(StreamCapture stream)
    {
        var tail = stream.Tail;
        if (stream.WrittenBytes > tail.Length)
            tail = SkipCutCharacter(tail);
        // Decoding and encoding replaces every invalid sequence with U+FFFD.
        return Utf8.IsValid(tail.Span) ? tail : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(tail.Span));
    }

    private static ReadOnlyMemory<byte> SkipCutCharacter(ReadOnlyMemory<byte> bytes)
    {
        var skip = 0;
        while (skip < 3 && skip < bytes.Length && (bytes.Span[skip] & 0xC0) == 0x80) // A continuation byte of UTF-8
            skip++;
        return bytes[skip..];
    }
}
