using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>The call that a handler answers.</summary>
/// <param name="Peer">The caller's address, if known.</param>
/// <param name="Certificate">The certificate with which the caller's connection was opened, if any.</param>
/// <param name="Cancellation">
/// Cancelled when the caller cancels or disconnects, its deadline expires, or the endpoint stops.
/// </param>
internal sealed record NodeCall(IPAddress? Peer, X509Certificate2? Certificate, CancellationToken Cancellation);
