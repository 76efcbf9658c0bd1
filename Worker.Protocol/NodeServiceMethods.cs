using Google.Protobuf;
using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>The methods of <c>orleanstasks.v1.NodeService</c>, and what is sent with their messages.</summary>
public static class NodeServiceMethods
{
    /// <summary>The metadata key with which a worker declares its version of the worker plane; 1 if missing.</summary>
    public const string VersionKey = "orleanstasks-version";

    /// <summary>The version of the worker plane that this program speaks.</summary>
    public const string Version = "1";

    /// <summary>The maximum size of a message that either end accepts, in bytes.</summary>
    public const int LargestMessage = 16 * 1024 * 1024;

    private const string Service = "orleanstasks.v1.NodeService";

    /// <summary>Returns the service's certificate authority, for a worker that has no certificate yet.</summary>
    public static Method<AuthorityRequest, AuthorityAnswer> Authority { get; } =
        Of(MethodType.Unary, "Authority", AuthorityRequest.Parser, AuthorityAnswer.Parser);

    /// <summary>Exchanges a join token for a worker's first certificate.</summary>
    public static Method<JoinRequest, JoinAnswer> Join { get; } =
        Of(MethodType.Unary, "Join", JoinRequest.Parser, JoinAnswer.Parser);

    /// <summary>Registers a worker, or sends a heartbeat.</summary>
    public static Method<StatusReport, StatusAnswer> ReportStatus { get; } =
        Of(MethodType.Unary, "ReportStatus", StatusReport.Parser, StatusAnswer.Parser);

    /// <summary>Streams the commands of a session.</summary>
    public static Method<AssignRequest, Commands> AssignTask { get; } =
        Of(MethodType.ServerStreaming, "AssignTask", AssignRequest.Parser, Commands.Parser);

    /// <summary>Reports what was started, ended and refused.</summary>
    public static Method<Progress, ProgressAnswer> Report { get; } =
        Of(MethodType.DuplexStreaming, "Report", Progress.Parser, ProgressAnswer.Parser);

    /// <summary>Sends output while commands run.</summary>
    public static Method<OutputChunks, OutputAnswer> WriteOutput { get; } =
        Of(MethodType.DuplexStreaming, "WriteOutput", OutputChunks.Parser, OutputAnswer.Parser);

    /// <summary>Returns the bytes of an input.</summary>
    public static Method<FetchRequest, FetchBlock> FetchFile { get; } =
        Of(MethodType.ServerStreaming, "FetchFile", FetchRequest.Parser, FetchBlock.Parser);

    /// <summary>Returns the bytes of several inputs.</summary>
    public static Method<FetchFilesRequest, FetchBlock> FetchFiles { get; } =
        Of(MethodType.ServerStreaming, "FetchFiles", FetchFilesRequest.Parser, FetchBlock.Parser);

    /// <summary>Returns which files the service does not have.</summary>
    public static Method<MissingRequest, MissingAnswer> MissingFiles { get; } =
        Of(MethodType.Unary, "MissingFiles", MissingRequest.Parser, MissingAnswer.Parser);

    /// <summary>Stores the bytes of an artifact.</summary>
    public static Method<StoreBlock, StoreAnswer> StoreFile { get; } =
        Of(MethodType.ClientStreaming, "StoreFile", StoreBlock.Parser, StoreAnswer.Parser);

    /// <summary>Names artifacts.</summary>
    public static Method<ArtifactPage, ArtifactAnswer> NameArtifacts { get; } =
        Of(MethodType.Unary, "NameArtifacts", ArtifactPage.Parser, ArtifactAnswer.Parser);

    /// <summary>Answers a question about a folder.</summary>
    public static Method<FolderListing, FolderAnswer> ListedFolder { get; } =
        Of(MethodType.Unary, "ListedFolder", FolderListing.Parser, FolderAnswer.Parser);

    /// <summary>Receives messages of output in the service; see <see cref="LentOutput"/>.</summary>
    public static Method<LentOutput, OutputAnswer> ReadOutput { get; } =
        new(WriteOutput.Type, WriteOutput.ServiceName, WriteOutput.Name, LentOutput.Form, WriteOutput.ResponseMarshaller);

    private static Method<TRequest, TAnswer> Of<TRequest, TAnswer>(
        MethodType type, string name, MessageParser<TRequest> requests, MessageParser<TAnswer> answers)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer> =>
        new(type, Service, name, Form(requests), Form(answers));

    private static Marshaller<T> Form<T>(MessageParser<T> parser)
        where T : class, IMessage<T> =>
        new(Write, context => Read(parser, context));

    /// <summary>Writes a message directly to the send buffer, which requires setting its length first.</summary>
    private static void Write<T>(T message, SerializationContext context)
        where T : IMessage<T>
    {
        context.SetPayloadLength(message.CalculateSize());
        message.WriteTo(context.GetBufferWriter());
        context.Complete();
    }

    private static T Read<T>(MessageParser<T> parser, DeserializationContext context)
        where T : IMessage<T>
    {
        try
        {
            return parser.ParseFrom(context.PayloadAsReadOnlySequence());
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw Unreadable(fault);
        }
    }

    /// <summary>Returns the error of a call whose message cannot be parsed.</summary>
    internal static RpcException Unreadable(InvalidProtocolBufferException fault) =>
        CallError.Of(StatusCode.Internal, $"A message cannot be read: {fault.Message}", fault);
}
