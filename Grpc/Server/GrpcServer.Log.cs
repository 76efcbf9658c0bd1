using Microsoft.Extensions.Logging;

namespace OrleansTasks.Grpc.Server;

internal sealed partial class GrpcServer
{
    [LoggerMessage(EventId = 4301, Level = LogLevel.Error, Message = "The call {Method} failed.")]
    private partial void CallFailed(Exception failure, string method);
}
