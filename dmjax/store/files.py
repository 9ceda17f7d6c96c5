"""The parts of the store under one name."""

from dmjax.store.draws import read_draws as read_draws
from dmjax.store.draws import read_netcdf as read_netcdf
from dmjax.store.draws import write_draws as write_draws
from dmjax.store.draws import write_netcdf as write_netcdf
from dmjax.store.folders import claim_folder as claim_folder
from dmjax.store.folders import holds as holds
from dmjax.store.plain import read_json as read_json
from dmjax.store.plain import to_json as to_json
from dmjax.store.plain import to_plain as to_plain
from dmjax.store.plain import write_json as write_json
from dmjax.store.writing import check_writable as check_writable
from dmjax.store.writing import whole as whole
from dmjax.store.writing import write_text as write_text
