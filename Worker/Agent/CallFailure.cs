using System.Security.Authentication;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

/// <summary>Distinguishes calls that failed as network calls do from calls that failed because of a defect.</summary>
internal static class CallFailure
{
    /// <summary>Returns the exception if its stack is worth logging; null if its message says everything.</summary>
    internal static Exception? Fault(Exception failure) => failure is RpcException or TimeoutException ? null : failure;

    /// <summary>
    /// Returns the log level of a failure. A failed authentication is an error: retries cannot succeed until an
    /// operator acts.
    /// </summary>
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
