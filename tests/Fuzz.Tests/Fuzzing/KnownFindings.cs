using System.Text.RegularExpressions;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>
/// Defects that are known and not mended yet. They are counted in the evidence and do not fail a run. Remove a line
/// together with its defect, and move its input from the corpus's folder <c>known</c> to the folder above.
/// </summary>
internal static class KnownFindings
{
    private const string ProtobufReads =
        "Google.Protobuf 3.25.1 reads beyond a nested length near 2^31. MessageReader catches what it throws.";

    /// <summary>The surface, a pattern of the finding's message, and why it is listed.</summary>
    private static readonly (string Surface, string Pattern, string Reason)[] All =
    [
        ("http", "^206  is not in the document of GET .*/output/std(out|err)",
            "The document does not list 206 for the calls that honour Range."),
        ("http", "^400 bad-parameter is not in the document",
            "Each call refuses an unknown query parameter; the document lists 400 only for calls that have some."),
        ("http", "^400 malformed-json is not in the document of PUT",
            "The document does not list 400 for PUT /api/v1/queues/{name}."),
        ("http", "^41[35] (body-too-large|unsupported-media-type) is not in the document",
            "Calls that need no body refuse one; the document does not say so."),
        ("http", "^431  is not in the document",
            "Kestrel refuses headers that are too long; the document does not say so."),
        ("http", "^4[0-9][0-9] of type '' .* a later request of the connection",
            "Only the first request of a connection gets a problem when it is not HTTP."),
        ("http", "automatic draining of the request body failed",
            "A chunked body beyond the limit is refused before its read is ended, and Kestrel logs an error."),
        ("messages", "^reduction: ArgumentOutOfRangeException",
            "An empty segment is read beyond its end; its only caller looks before."),
        ("messages", "(Index|Argument)OutOfRangeException .*InternalMergeFrom", ProtobufReads),
        ("grpc-silo", "exceeded the output operations maximum queue size",
            "Kestrel logs a flood of PING or SETTINGS frames, which it ends, at level Critical."),
    ];

    /// <summary>Returns why a finding is listed; null when it is a new one.</summary>
    public static string? ReasonOf(string surface, string message) =>
        All.Where(known => known.Surface == surface && Regex.IsMatch(message, known.Pattern, RegexOptions.Singleline))
            .Select(static known => known.Reason).FirstOrDefault();
}
