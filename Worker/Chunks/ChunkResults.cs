using Google.Protobuf;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Plugins;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Chunks;

/// <summary>Converts the end of a chunk's evaluation to the result that the master receives.</summary>
internal static class ChunkResults
{
    /// <summary>Returns the report of any failure.</summary>
    internal static byte[] ReportOf(Exception failure) => failure switch
    {
        ItemErrorException fault => ChunkReport.OfFailure("item-error", fault.Message, fault.Error),
        TooManyGroupsException fault => ChunkReport.OfFailure("too-many-groups", fault.Message, null),
        ResultsTooLargeException or TooMuchCollectedException => ChunkReport.OfFailure("results-too-large", failure.Message, null),
        FileChangedException => ChunkReport.OfFailure("file-changed", failure.Message, null),
        IOException or UnauthorizedAccessException => ChunkReport.OfFailure("file-unreadable", "The worker cannot read the file: " + failure.Message, null),
        PluginException fault => ChunkReport.OfFailure("plugin-missing", fault.Message, null),
        ChunkFailure fault => ChunkReport.OfFailure(fault.Code, fault.Message, null),
        _ => ChunkReport.OfFailure("chunk-failed", failure.Message, null),
    };

    /// <summary>
    /// Returns the result with a partial and the lines that the chunk collects; a failure if they exceed a message.
    /// </summary>
    internal static Result Of(Lease lease, Partial partial, TimeSpan took)
    {
        var result = Of(lease, ChunkReport.Of(partial), true, took);
        if (partial.Collected is { } lines)
            result.Collected = UnsafeByteOperations.UnsafeWrap(lines);
        return Fit(result);
    }

    /// <summary>
    /// Returns the result if it fits into a message; otherwise a failure, since sending it could be repeated forever.
    /// </summary>
    internal static Result Fit(Result result)
    {
        var size = (long)result.Report.Length + result.Collected.Length;
        return size <= ChunkReport.Most ? result : TooLarge(result, size);
    }

    /// <summary>Returns the failure to report in place of a result that is too large.</summary>
    internal static Result TooLarge(Result result, long size) => Of(
        result.Lease,
        ChunkReport.OfFailure("results-too-large", $"The results of one chunk have {size} bytes, too many for a "
            + "worker to send. Groups and other "
            + "distinct values take space in every chunk: give the job a smaller chunkSize.", null),
        succeeded: false, TimeSpan.FromMilliseconds(result.RunTimeMs));

    /// <summary>Returns the result with a report.</summary>
    internal static Result Of(Lease lease, byte[] report, bool succeeded, TimeSpan took) => new()
    {
        Lease = lease,
        Reason = Result.Types.Reason.Exit,
        ExitCode = succeeded ? 0 : 1,
        RunTimeMs = (long)took.TotalMilliseconds,
        CpuTimeUs = (long)took.TotalMicroseconds,
        Inline = true,
        Report = UnsafeByteOperations.UnsafeWrap(report),
    };
}
