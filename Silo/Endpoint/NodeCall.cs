using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>What a handler may know of the call that it answers.</summary>
/// <param name="Peer">Where the caller calls from.</param>
/// <param name="Certificate">The certificate that the caller's connection was opened with, if it had one.</param>
/// <param name="Cancellation">
/// Cancelled when the caller has given up or is gone, when its deadline is over, or when the endpoint stops.
/// </param>
internal sealed record NodeCall(IPAddress? Peer, X509Certificate2? Certificate, CancellationToken Cancellation);
