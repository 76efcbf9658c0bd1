namespace OrleansTasks.Grpc;

/// <summary>How a call ended, by gRPC's own numbers.</summary>
public enum GrpcStatus
{
    /// <summary>It succeeded.</summary>
    Ok = 0,

    /// <summary>The caller gave it up.</summary>
    Cancelled = 1,

    /// <summary>It failed of something that nothing more is known of.</summary>
    Unknown = 2,

    /// <summary>The request makes no sense, whatever the state of things is.</summary>
    InvalidArgument = 3,

    /// <summary>It took longer than its caller allowed; it may have had its effect.</summary>
    DeadlineExceeded = 4,

    /// <summary>What was asked for is not there.</summary>
    NotFound = 5,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A bound is reached: of a message's size, for instance.</summary>
    ResourceExhausted = 8,

    /// <summary>The state of things forbids it; repeating does not help.</summary>
    FailedPrecondition = 9,

    /// <summary>It was overtaken by another call.</summary>
    Aborted = 10,

    /// <summary>A position is beyond what there is.</summary>
    OutOfRange = 11,

    /// <summary>There is no such method, or it lacks what the call needs.</summary>
    Unimplemented = 12,

    /// <summary>Something that must never happen did.</summary>
    Internal = 13,

    /// <summary>The other end cannot be reached, or takes no calls now; repeating may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost for good.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say who it is, or not convincingly.</summary>
    Unauthenticated = 16,
}
