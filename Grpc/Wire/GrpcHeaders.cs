namespace OrleansTasks.Grpc.Wire;

/// <summary>The names and values that gRPC gives HTTP headers and trailers.</summary>
internal static class GrpcHeaders
{
    internal const string ContentType = "application/grpc";
    internal const string Status = "grpc-status";
    internal const string Message = "grpc-message";
    internal const string Timeout = "grpc-timeout";
    internal const string Encoding = "grpc-encoding";
    internal const string AcceptEncoding = "grpc-accept-encoding";
    internal const string Identity = "identity";

    /// <summary>Whether a content type is gRPC's with messages as protobuf.</summary>
    internal static bool IsGrpc(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
            return false;
        var rest = contentType.AsSpan(ContentType.Length);
        var end = rest.IndexOf(';');
        var format = (end < 0 ? rest : rest[..end]).Trim();
        return format.IsEmpty || format.Equals("+proto", StringComparison.OrdinalIgnoreCase);
    }
}
