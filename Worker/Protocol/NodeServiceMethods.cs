using OrleansTasks.Grpc;

namespace OrleansTasks.Worker.Protocol;

/// <summary>The methods of <c>orleanstasks.v1.NodeService</c>, and what is sent beside their messages.</summary>
public static class NodeServiceMethods
{
    /// <summary>The metadata by which a worker says which version of the worker plane it speaks; left out, it is 1.</summary>
    public const string VersionKey = "orleanstasks-version";

    /// <summary>The version that is spoken here.</summary>
    public const string Version = "1";

    private const string Service = "/orleanstasks.v1.NodeService/";

    /// <summary>The service's certificate authority, for a worker that has no certificate yet.</summary>
    public static GrpcMethod<AuthorityRequest, AuthorityAnswer> Authority { get; } =
        new(Service + "Authority", AuthorityRequest.Parser, AuthorityAnswer.Parser);

    /// <summary>A worker's first certificate, for a join token.</summary>
    public static GrpcMethod<JoinRequest, JoinAnswer> Join { get; } =
        new(Service + "Join", JoinRequest.Parser, JoinAnswer.Parser);

    /// <summary>Registration and heartbeat.</summary>
    public static GrpcMethod<StatusReport, StatusAnswer> ReportStatus { get; } =
        new(Service + "ReportStatus", StatusReport.Parser, StatusAnswer.Parser);

    /// <summary>A session's commands.</summary>
    public static GrpcMethod<AssignRequest, Commands> AssignTask { get; } =
        new(Service + "AssignTask", AssignRequest.Parser, Commands.Parser);

    /// <summary>What was started, ended and refused.</summary>
    public static GrpcMethod<Progress, ProgressAnswer> Report { get; } =
        new(Service + "Report", Progress.Parser, ProgressAnswer.Parser);

    /// <summary>Output while a command runs.</summary>
    public static GrpcMethod<OutputChunks, OutputAnswer> WriteOutput { get; } =
        new(Service + "WriteOutput", OutputChunks.Parser, OutputAnswer.Parser) { ReadInPlace = OutputForm.Read, Parts = OutputForm.Parts };
}
