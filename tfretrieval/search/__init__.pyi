from .expansion import augment_database as augment_database
from .expansion import expand_queries as expand_queries
from .expansion import rank as rank
from .faiss_index import FaissIndex as FaissIndex
from .hamming_index import HammingIndex as HammingIndex
from .milvus_index import MilvusIndex as MilvusIndex
from .picture_index import Found as Found
from .picture_index import Picture as Picture
from .picture_index import PictureIndex as PictureIndex
from .reranking import rerank as rerank
from .row_file import RowFile as RowFile

__all__ = [
    "FaissIndex",
    "Found",
    "HammingIndex",
    "MilvusIndex",
    "Picture",
    "PictureIndex",
    "RowFile",
    "augment_database",
    "expand_queries",
    "rank",
    "rerank",
]
