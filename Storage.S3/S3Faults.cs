using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.S3;

/// <summary>Says what failed, in words for operators. A message never has a key in it.</summary>
internal static class S3Faults
{
    private const string NoKey =
        "No access key was found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, write a profile into "
        + "~/.aws/credentials, or give the machine a role";

    /// <summary>
    /// Returns whether an exception of a call means that the server, the network or the settings failed.
    /// </summary>
    public static bool IsFault(Exception failure) =>
        failure is AmazonServiceException or AmazonClientException or HttpRequestException or IOException
            or TimeoutException
        || (failure is OperationCanceledException && failure.InnerException is TimeoutException);

    /// <summary>Returns whether the server has no such object.</summary>
    public static bool IsMissing(AmazonS3Exception failure) =>
        failure.ErrorCode is "NoSuchKey"
            || (failure.StatusCode == HttpStatusCode.NotFound && failure.ErrorCode is not "NoSuchBucket");

    /// <summary>Returns whether a server does not know a call.</summary>
    public static bool IsUnknownCall(AmazonS3Exception failure) =>
        failure.StatusCode is HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed;

    /// <summary>Returns whether another try can succeed without a change of settings.</summary>
    public static bool IsPassing(Exception failure) => Innermost(failure) is not AmazonS3Exception answered
        ? !LacksKey(failure)
        : answered.StatusCode >= HttpStatusCode.InternalServerError
            || answered.StatusCode is HttpStatusCode.TooManyRequests;

    /// <summary>Returns the exception with which a store reports a failure.</summary>
    public static Exception Of(Exception failure, S3Address address) =>
        Innermost(failure) is AmazonS3Exception
        { ErrorCode: "QuotaExceeded" or "XMinioStorageFull" or "XAmzStorageFull" }
            ? new FileStoreFullException($"Bucket '{address.Bucket}' at {address.Server} is full.", failure)
            : new StoreUnavailableException(Describe(failure, address), failure);

    /// <summary>Says what failed.</summary>
    public static string Describe(Exception failure, S3Address address)
    {
        if (LacksKey(failure))
            return $"{NoKey}.";
        if (Innermost(failure) is not AmazonS3Exception answer)
            return $"Cannot reach {address.Server}: {Reason(failure)}";
        return (answer.ErrorCode, answer.StatusCode) switch
        {
            ("NoSuchBucket", _) => $"There is no bucket '{address.Bucket}' at {address.Server}.",
            ("InvalidAccessKeyId" or "InvalidToken" or "ExpiredToken", _) =>
                $"{address.Server} does not accept the access key ({answer.ErrorCode}).",
            ("SignatureDoesNotMatch", _) =>
                $"The secret key does not belong to the access key ({address.Server}: SignatureDoesNotMatch).",
            ("RequestTimeTooSkewed", _) =>
                $"The clock of this machine differs from that of {address.Server}. Synchronize it by NTP.",
            ("PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException", _)
                or (_, HttpStatusCode.MovedPermanently) =>
                $"Bucket '{address.Bucket}' is not in region {address.Region}: name its region with region= "
                    + "in --files.",
            (_, HttpStatusCode.Forbidden) =>
                $"The access key may not use bucket '{address.Bucket}' at {address.Server} "
                + $"({Code(answer)}). It must list, read, write and delete below '{address.Prefix}'.",
            _ => $"{address.Server} answered {(int)answer.StatusCode} ({Code(answer)}) for bucket '{address.Bucket}'.",
        };
    }

    private static string Code(AmazonS3Exception answer) =>
        answer.ErrorCode is { Length: > 0 } code && code.All(char.IsAsciiLetterOrDigit) ? code
            : answer.StatusCode.ToString();

    // The client reports absent keys by a general exception, after it has asked for the machine's role.
    private static bool LacksKey(Exception failure) => Innermost(failure) is not AmazonServiceException
        && Chain(failure).OfType<AmazonClientException>().Any(static one =>
            one.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase));

    private static string Reason(Exception failure) => Chain(failure).Last() switch
    {
        OperationCanceledException or TimeoutException => "no answer in time.",
        var last => last.Message,
    };

    private static Exception Innermost(Exception failure) => Chain(failure).OfType<AmazonS3Exception>().LastOrDefault()
        ?? failure;

    private static IEnumerable<Exception> Chain(Exception failure)
    {
        for (var one = failure; one is not null; one = one.InnerException!)
            yield return one;
    }
}
