using System.Security.Authentication;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>Tells calls that failed as calls over a network do from those that failed of a fault.</summary>
internal static class CallFailure
{
    /// <summary>The exception when its stack says something; null when its message is all there is to know.</summary>
    internal static Exception? Fault(Exception failure) => failure is RpcException or TimeoutException ? null : failure;

    /// <summary>How much it matters: who calls a stranger goes on in vain until somebody does something about it.</summary>
    internal static LogLevel LevelOf(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is AuthenticationException)
                return LogLevel.Error;
        }

        return LogLevel.Warning;
    }
}
